using System.CommandLine;
using DistZO.Cli.Terminal;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo train</c>: starts a run, or goes on with the one in the output directory.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var command = new Command("train", "fine-tune a model; the same command goes on after a crash");
        var recipeOptions = new RecipeOptions(command);
        var print = new Option<bool>("--print-recipe") { Description = "show the effective recipe and exit" };
        var json = new Option<bool>("--json") { Description = "print the result as one line of JSON" };
        command.Options.Add(print);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var recipe = recipeOptions.Read(parsed);
            if (parsed.GetValue(print))
            {
                Console.Out.Write(recipe.ToYaml());
                return ExitCodes.Done;
            }

            var output = recipe.Get(RecipeKeys.Output) ?? throw new BadInputException("output_dir is not set; give it with --output or in the recipe");
            return Run(recipe, new RunDirectory(output), parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Runs a recipe to its end in a directory, which may hold the run already.</summary>
    public static int Run(Recipe recipe, RunDirectory directory, bool json)
    {
        using var signals = new StopSignals();
        using var inputs = RunInputs.Open(recipe, () => CpuDevices.Open(recipe));
        var logging = recipe.Get(RecipeKeys.LoggingSteps);
        var metrics = new MetricsFile(directory.Metrics, logging);
        using var reporter = new RunReporters(
        [
            metrics,
            .. recipe.Get(RecipeKeys.ReportTo) == ReportTarget.TensorBoard
                ? (IRunReporter[])[new TensorBoardWriter(directory.TensorBoard, logging, TimeProvider.System)] : [],
            ConsoleReporters.Create(recipe.Get(RecipeKeys.LogJson), logging, TimeProvider.System),
        ]);
        using var run = TrainingRun.Open(inputs, directory, reporter, TimeProvider.System);
        var result = run.Execute(metrics, signals.Token);
        if (result.Outcome == RunOutcome.Interrupted) result = result with { HowToGoOn = "run the same command again" };
        reporter.Finished(result);
        if (json) Console.Out.WriteLine(ResultLine.Of(result, run));
        return result.Outcome == RunOutcome.Interrupted ? ExitCodes.Failed : ExitCodes.Done;
    }
}
