using System.CommandLine;
using System.Net;
using DistZO.Cli.Cluster;
using DistZO.Cli.Telemetry;
using DistZO.Cli.Terminal;
using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo coordinator</c>: shares a run out over workers on this or other machines. Loads no weights.</summary>
internal static class CoordinatorCommand
{
    private const string NoHttp = "none";

    /// <summary>Paths are the workers' own, and so is how they compute.</summary>
    private static readonly RecipeKey[] Without =
        [RecipeKeys.Model, RecipeKeys.TrainFile, RecipeKeys.EvalFile, RecipeKeys.Output, RecipeKeys.Threads, RecipeKeys.Workers];

    public static Command Create()
    {
        var command = new Command("coordinator", "share a run out over workers; loads no weights");
        var recipeOptions = new RecipeOptions(command, RecipeKeys.All.Except(Without), hasFile: true);
        var ledger = new Option<string?>("--ledger") { Description = "directory of the ledger and the metrics (not the model: workers write it)", HelpName = "DIR" };
        var listen = new Option<string>("--listen")
        {
            Description = "where workers connect",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => $"127.0.0.1:{Endpoint.DefaultPort}",
        };
        var http = new Option<string>("--http")
        {
            Description = $"where dashboard, REST and metrics are ({NoHttp}: nowhere)",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => "127.0.0.1:8080",
        };
        var workers = new Option<int>("--min-workers") { Description = "the first step waits for so many workers [1]", HelpName = "N", DefaultValueFactory = _ => 1 };
        var linger = new Option<double>("--linger") { Description = "keep the status up so long after the end [0]", HelpName = "SECONDS" };
        var identity = new Option<string?>("--identity")
        {
            Description = "what a new run must be, from 'distzo inspect --identity'; else the first worker says so",
            HelpName = "FILE",
        };
        var insecure = new Option<bool>("--insecure") { Description = "listen beyond this machine without a token" };
        var json = new Option<bool>("--json") { Description = "print the result as one line of JSON" };
        foreach (var option in new Option[] { ledger, listen, http, workers, linger, identity, insecure, json }) command.Options.Add(option);
        var security = new SecurityOptions(command, isServer: true);
        command.SetAction(parsed =>
        {
            var recipe = recipeOptions.Over(Recipe.Default, parsed);
            var path = parsed.GetValue(ledger) ?? throw new BadInputException("--ledger is not given; name a directory for the ledger and the metrics");
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var pages = parsed.GetValue(http)!;
            var host = new DistZO.Coordinator.HostOptions
            {
                Listen = Endpoint.Parse(parsed.GetValue(listen)!, "--listen", Endpoint.DefaultPort).Resolve("--listen"),
                Http = pages == NoHttp ? null : Endpoint.Parse(pages, "--http", 8080).Resolve("--http"),
                Token = security.Token(parsed),
                IsOpen = parsed.GetValue(insecure),
                Certificate = security.Certificate(parsed),
                Intermediates = security.Intermediates(parsed),
                ClientAuthorities = security.Authorities(parsed),
            };
            RequireSafe(host, parsed.GetValue(insecure));
            if (parsed.GetValue(workers) < 1) throw new BadInputException("--min-workers must be at least 1");
            if (File.Exists(path)) throw new BadInputException($"--ledger: '{path}' is a file; name a directory for the ledger and the metrics");
            using var signals = new StopSignals();
            var directory = new RunDirectory(path);
            if (!File.Exists(directory.Ledger)) TrainedPartKeys.Require(recipe);
            using var reporter = RunReporting.Create(recipe, directory, output, error, "coordinator", out var metrics);
            using var meter = new RunMeter();
            using var telemetry = TelemetryExport.Start("distzo-coordinator", null, reporter.Notice);
            var run = new CoordinatorRun
            {
                Recipe = recipe,
                Directory = directory,
                Host = host,
                Meter = meter,
                MinWorkers = parsed.GetValue(workers),
                PinnedIdentity = parsed.GetValue(identity) is { } file ? Pinned(file) : null,
                Linger = TimeSpan.FromSeconds(Math.Max(0, parsed.GetValue(linger))),
                Started = started =>
                {
                    var scheme = host.Certificate is null ? "http" : "https";
                    if (started.Http is { } at) reporter.Notice(NoticeLevel.Information, "listening", $"dashboard at {scheme}://{at}");
                    reporter.Notice(NoticeLevel.Information, "listening", $"waiting for workers: distzo worker --coordinator {Reachable(started.Listen)} --model DIR --data FILE");
                },
            };
            var (result, chain) = run.Run(reporter, metrics, signals.Token).GetAwaiter().GetResult();
            result = result with { HasModel = false };
            if (result.Outcome == RunOutcome.Interrupted) result = result with { HowToGoOn = CommandText.Of(parsed) };
            reporter.Finished(result);
            if (parsed.GetValue(json)) output.WriteLine(ResultLine.Of(result, chain));
            return result.Outcome == RunOutcome.Interrupted ? ExitCodes.Failed : ExitCodes.Done;
        });
        return command;
    }

    private static void RequireSafe(DistZO.Coordinator.HostOptions host, bool insecure)
    {
        if (host.ClientAuthorities is not null && host.Certificate is null)
            throw new BadInputException("--tls-ca asks workers for certificates, which needs TLS; give --tls-cert and --tls-key too");
        if (host.Token is not null || insecure) return;
        foreach (var (option, end) in new[] { ("--listen", host.Listen), ("--http", host.Http) })
        {
            if (end is null || IPAddress.IsLoopback(end.Address)) continue;
            throw new BadInputException(
                $"{option} {end} is open to other machines, and there is no token; give one with --token-file or {SecurityOptions.TokenVariable}, "
                + "or say --insecure if everybody who reaches it may take part");
        }
    }

    /// <summary>What workers call a coordinator that listens on all addresses: as well as can be known here.</summary>
    private static string Reachable(IPEndPoint listen) =>
        listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any) ? $"{Environment.MachineName}:{listen.Port}" : $"{listen}";

    private static RunIdentity Pinned(string file)
    {
        try
        {
            return RunIdentity.Parse(File.ReadAllText(file).Trim());
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--identity: '{file}' is no identity ({e.Message.TrimEnd('.')}); make it with 'distzo inspect --identity'", e);
        }
    }
}
