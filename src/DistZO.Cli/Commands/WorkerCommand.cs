using System.CommandLine;
using DistZO.Cli.Cluster;
using DistZO.Cli.Telemetry;
using DistZO.Cli.Terminal;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;
using DistZO.Worker;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo worker</c>: computes for a coordinator with this machine's model, data and cores.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var command = new Command("worker", "compute for a coordinator; comes and goes at any time");
        var coordinator = new Option<string?>("--coordinator")
        {
            Description = "where the coordinator is (or DISTZO_COORDINATOR, or what torchrun, SLURM and Kubernetes set)",
            HelpName = "HOST:PORT",
        };
        var recipeOptions = new RecipeOptions(
            command, [RecipeKeys.Model, RecipeKeys.TrainFile, RecipeKeys.EvalFile, RecipeKeys.Output, RecipeKeys.Threads, RecipeKeys.LogJson, .. OwnPlacement.SlotKeys], hasFile: false);
        var cache = new Option<string?>("--cache") { Description = "directory for snapshots of the weights, to come back sooner [OUT/.distzo]", HelpName = "DIR" };
        var name = new Option<string?>("--name") { Description = "what people call it [the host's name, with the rank]", HelpName = "NAME" };
        var patience = new Option<double>("--patience")
        {
            Description = "try to reach the coordinator for so long [900]",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 900,
        };
        var healthFile = new Option<string?>("--health-file")
        {
            Description = $"touch this file while all is well, for 'distzo health --file' (or {HealthCommand.FileVariable})",
            HelpName = "FILE",
        };
        var withParent = new Option<bool>("--exit-with-parent") { Hidden = true };
        var noSnapshots = new Option<bool>("--no-snapshots") { Hidden = true };
        foreach (var option in new Option[] { coordinator, cache, name, patience, healthFile, withParent, noSnapshots }) command.Options.Add(option);
        var allow = new AllowCommand(command);
        var trace = new TraceOption(command);
        var security = new SecurityOptions(command, isServer: false);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(withParent)) ParentProcess.ExitWithIt();
            var environment = LaunchEnvironment.Current;
            var own = recipeOptions.Over(Recipe.Default, parsed);
            var at = parsed.GetValue(coordinator) ?? environment.Coordinator
                ?? throw new BadInputException("--coordinator is not given; name the HOST:PORT that the coordinator listens on");
            foreach (var (key, flag) in new[] { (RecipeKeys.Model, "--model"), (RecipeKeys.TrainFile, "--data") })
            {
                if (own.Get(key) is null) throw new BadInputException($"{flag} is not given; a worker opens its own copy of the run's model and data");
            }

            // Here, where it is told at once: they are opened only when the coordinator has said what the run is.
            Require("--model", own.Get(RecipeKeys.Model)!, Directory.Exists, "model directory");
            own = DataFolder.Resolve(own);
            Require("--data", own.Get(RecipeKeys.TrainFile)!, File.Exists, "file");
            if (own.Get(RecipeKeys.EvalFile) is { } held) Require("--eval-data", held, File.Exists, "file");
            var threads = own.Get(RecipeKeys.Threads) ?? Math.Max(1, Environment.ProcessorCount / environment.LocalProcesses);
            var output = own.Get(RecipeKeys.Output) is { } path ? new RunDirectory(path) : null;
            // Beside the snapshots; without a place for these, in one that goes with the process.
            var blocks = parsed.GetValue(cache) is { } ownCache ? RunDirectory.BlocksIn(ownCache) : output?.Blocks;
            if (OwnPlacement.MayUseDisk(own) && own.Get(RecipeKeys.OffloadDir) is null && blocks is not null) own = own.With(RecipeKeys.OffloadDir, blocks);
            using var placement = new OwnPlacement(own, hasSlots: true);
            var (results, log) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var called = parsed.GetValue(name) ?? environment.WorkerName;
            var context = new LogContext(called);
            using var reporter = ConsoleReporters.CreatePlain(own.Get(RecipeKeys.LogJson), results, log, context);
            using var traced = trace.Open(parsed);
            var healthPath = parsed.GetValue(healthFile) ?? Environment.GetEnvironmentVariable(HealthCommand.FileVariable);
            var health = string.IsNullOrEmpty(healthPath) ? null : new HealthFile(healthPath);
            health?.Begin("--health-file");
            using var telemetry = TelemetryExport.Start("distzo-worker", called, reporter.Notice);
            using var spans = telemetry is null ? null : new ShareSpans(called);
            using var signals = new StopSignals(heedsInterrupt: !parsed.GetValue(withParent));
            var handler = security.Handler(parsed, out var usesTls);
            var address = new Uri($"{(usesTls ? "https" : "http")}://{Endpoint.Parse(at, "--coordinator", Endpoint.DefaultPort)}");
            var host = new WorkerHost(
                new HostingOptions
                {
                    Address = address,
                    Token = security.Token(parsed),
                    Handler = handler,
                    Patience = TimeSpan.FromSeconds(Math.Max(0, parsed.GetValue(patience))),
                    Health = health,
                },
                new WorkerOptions
                {
                    Name = called,
                    Open = recipe => Open(placement.Over(recipe), own, threads, TraceSinks.Of(traced, spans)),
                    Trace = traced,
                    Spans = spans,
                    Log = context,
                    Output = output,
                    Snapshots = parsed.GetValue(cache) is { } folder ? Path.Combine(folder, "snapshots") : output?.Snapshots,
                    AllowsCommand = allow.IsGiven(parsed),
                    SavesSnapshots = !parsed.GetValue(noSnapshots),
                    Stopping = signals.Token,
                },
                reporter.Notice,
                TimeProvider.System);
            var outcome = host.Run();
            if (traced?.Notice is { } limit) reporter.Notice(NoticeLevel.Information, "trace", limit);
            reporter.Notice(
                NoticeLevel.Information,
                "finished",
                outcome is null ? "stopped; start it again to go on" : $"the run has ended: {outcome.Value.Name().Replace('_', ' ')}{(output is null ? "" : $"; output in {output.Path}")}");
            return outcome is null ? ExitCodes.Failed : ExitCodes.Done;
        });
        return command;
    }

    private static void Require(string flag, string path, Func<string, bool> exists, string what)
    {
        if (!exists(path)) throw new BadInputException($"{flag}: there is no {what} '{path}' on this machine");
    }

    /// <summary>The coordinator's recipe on this machine's files.</summary>
    private static RunInputs Open(Recipe recipe, Recipe own, int threads, ITraceSink? trace)
    {
        recipe = recipe
            .With(RecipeKeys.Model, own.Get(RecipeKeys.Model))
            .With(RecipeKeys.TrainFile, own.Get(RecipeKeys.TrainFile))
            .With(RecipeKeys.EvalFile, own.Get(RecipeKeys.EvalFile))
            .With(RecipeKeys.Threads, threads);
        return RunInputs.Open(recipe, LocalDevices.Slots(recipe), trace);
    }
}
