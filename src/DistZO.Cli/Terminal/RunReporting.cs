using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Terminal;

/// <summary>Everybody who is told of a run that writes its ledger here.</summary>
internal static class RunReporting
{
    /// <summary>The metrics file, event files if the recipe wants them, and the console, whose lines of JSON name the rank.</summary>
    public static RunReporters Create(Recipe recipe, RunDirectory directory, TextWriter output, TextWriter error, string rank, out MetricsFile metrics)
    {
        var logging = recipe.Get(RecipeKeys.LoggingSteps);
        metrics = new MetricsFile(directory.Metrics, logging);
        return new RunReporters(
        [
            metrics,
            .. recipe.Get(RecipeKeys.ReportTo) == ReportTarget.TensorBoard
                ? (IRunReporter[])[new TensorBoardWriter(directory.TensorBoard, logging, TimeProvider.System)] : [],
            ConsoleReporters.Create(recipe.Get(RecipeKeys.LogJson), logging, output, error, TimeProvider.System, new LogContext(rank)),
        ]);
    }
}
