using System.CommandLine;
using DistZO.Cli.Cluster;
using DistZO.Cli.Telemetry;
using DistZO.Cli.Terminal;
using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;
using DistZO.Worker;

namespace DistZO.Cli.Commands;

/// <summary>What <c>train</c> and <c>fork</c> have in common: running a recipe to its end.</summary>
internal sealed class TrainOptions
{
    private readonly Option<bool> _print = new("--print-recipe") { Description = "show the effective recipe and exit" };
    private readonly Option<bool> _json = new("--json") { Description = "print the result as one line of JSON" };

    private readonly AllowCommand _allow;
    private readonly TraceOption _trace;

    public TrainOptions(Command command)
    {
        _allow = new AllowCommand(command);
        _trace = new TraceOption(command);
        command.Options.Add(_print);
        command.Options.Add(_json);
    }

    /// <summary>Runs a recipe in its output directory, which may hold the run already.</summary>
    /// <param name="recipe">The effective recipe.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="prepare">Called once model and data are open, before the ledger is; may be null.</param>
    public int Run(Recipe recipe, ParseResult parsed, Action<RunInputs, RunDirectory>? prepare)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (parsed.GetValue(_print))
        {
            output.Write(recipe.ToYaml());
            return ExitCodes.Done;
        }

        var directory = new RunDirectory(
            recipe.Get(RecipeKeys.Output) ?? throw new BadInputException("output_dir is not set; give it with --output or in the recipe"));
        if (!File.Exists(directory.Ledger)) TrainedPartKeys.Require(recipe);
        var allowsCommand = _allow.IsGiven(parsed);
        TextScorers.Require(recipe, allowsCommand);
        recipe = DataFolder.Resolve(recipe);
        if (_trace.IsGiven(parsed) && recipe.Get(RecipeKeys.Workers) > 1) throw new BadInputException("--trace: with --workers each process is one of its own; trace a run of one, or start 'distzo worker --trace FILE' by hand");
        using var trace = _trace.Open(parsed);
        using var signals = new StopSignals();
        using var reporter = RunReporting.Create(recipe, directory, output, error, recipe.Get(RecipeKeys.Workers) > 1 ? "coordinator" : "local", out var metrics);
        var (result, chain) = recipe.Get(RecipeKeys.Workers) > 1
            ? Distribute(recipe, directory, prepare, reporter, metrics, allowsCommand, signals.Token)
            : Alone(recipe, directory, prepare, reporter, metrics, allowsCommand, trace, signals.Token);
        if (trace?.Notice is { } limit) reporter.Notice(NoticeLevel.Information, "trace", limit);
        if (result.Outcome == RunOutcome.Interrupted) result = result with { HowToGoOn = CommandText.Of(parsed) };
        reporter.Finished(result);
        if (parsed.GetValue(_json)) output.WriteLine(ResultLine.Of(result, chain));
        return result.Outcome == RunOutcome.Interrupted ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static (RunResult Result, ChainHash? Chain) Alone(
        Recipe recipe,
        RunDirectory directory,
        Action<RunInputs, RunDirectory>? prepare,
        IRunReporter reporter,
        MetricsFile metrics,
        bool allowsCommand,
        TraceFile? trace,
        CancellationToken stopping)
    {
        using var meter = new RunMeter();
        using var telemetry = TelemetryExport.Start("distzo-train", null, reporter.Notice);
        using var spans = telemetry is null ? null : new ShareSpans("local");
        using var inputs = RunInputs.Open(recipe, LocalDevices.Slots(recipe), TraceSinks.Of(trace, spans));
        prepare?.Invoke(inputs, directory);
        var result = LocalRun.Execute(inputs, directory, reporter, metrics, TimeProvider.System, allowsCommand, stopping, out var chain, trace, telemetry is null ? null : meter, spans);
        return (result, chain);
    }

    private static (RunResult Result, ChainHash? Chain) Distribute(
        Recipe recipe,
        RunDirectory directory,
        Action<RunInputs, RunDirectory>? prepare,
        IRunReporter reporter,
        MetricsFile metrics,
        bool allowsCommand,
        CancellationToken stopping)
    {
        if (prepare is not null)
        {
            using var inputs = RunInputs.Open(recipe, LocalDevices.Slots(recipe));
            prepare(inputs, directory);
        }

        return LocalCluster.Execute(recipe, directory, reporter, metrics, allowsCommand, stopping).GetAwaiter().GetResult();
    }
}
