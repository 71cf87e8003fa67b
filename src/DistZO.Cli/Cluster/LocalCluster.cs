using System.Net;
using System.Security.Cryptography;
using DistZO.Cli.Telemetry;
using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Cluster;

/// <summary><c>distzo train --workers N</c>: the coordinator in this process, N workers as processes of this machine.</summary>
internal static class LocalCluster
{
    /// <summary>Runs to the last step, or until asked to stop.</summary>
    /// <param name="recipe">Names model, data, output and the number of workers.</param>
    /// <param name="directory">The output.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="metrics">One of the reporters.</param>
    /// <param name="allowsCommand">Whether the objective may run a program, in each worker.</param>
    /// <param name="stopping">Asks to stop; the same command goes on later.</param>
    public static async Task<(RunResult Result, ChainHash? Chain)> Execute(
        Recipe recipe, RunDirectory directory, IRunReporter reporter, MetricsFile metrics, bool allowsCommand, CancellationToken stopping)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        using var workers = new LocalWorkers(line => reporter.Notice(NoticeLevel.Warning, "worker", line));
        using var given = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var released = given.Token.Register(workers.Release);
        using var meter = new RunMeter();
        using var telemetry = TelemetryExport.Start("distzo-coordinator", null, reporter.Notice);
        var run = new CoordinatorRun
        {
            Recipe = recipe,
            Directory = directory,
            Host = new DistZO.Coordinator.HostOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, 0),
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Token = token,
            },
            MinWorkers = recipe.Get(RecipeKeys.Workers),
            Meter = meter,
            Started = host =>
            {
                reporter.Notice(NoticeLevel.Information, "listening", $"dashboard at http://{host.Http}");
                workers.Start(recipe, host.Listen.ToString(), token, allowsCommand);
            },
        };
        var running = run.Run(reporter, metrics, given.Token);
        if (await Task.WhenAny(running, workers.Failed) == workers.Failed)
        {
            await given.CancelAsync();
            await running;
            await workers.Failed;
        }

        var ended = await running;
        // Interrupted, they look for a coordinator to come; nothing is lost by ending them.
        if (ended.Result.Outcome != RunOutcome.Interrupted) await workers.End();
        return ended;
    }
}
