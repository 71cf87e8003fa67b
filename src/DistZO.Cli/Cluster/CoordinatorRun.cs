using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Cluster;

/// <summary>A coordinator from its start to its end, on the network.</summary>
internal sealed class CoordinatorRun
{
    /// <summary>A step in flight may end before a stop; no longer than this.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    /// <summary>Workers of a run that ended when its coordinator died come back within this time, to write the model.</summary>
    private static readonly TimeSpan ReturnPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ReturnInterval = TimeSpan.FromSeconds(1);

    public required Recipe Recipe { get; init; }

    public required RunDirectory Directory { get; init; }

    public required DistZO.Coordinator.HostOptions Host { get; init; }

    /// <summary>Workers that the first step waits for.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>The run in numbers; the caller owns it.</summary>
    public required RunMeter Meter { get; init; }

    /// <summary>What a new run must be; null to believe the first worker.</summary>
    public RunIdentity? PinnedIdentity { get; init; }

    /// <summary>How long the status stays up after the end.</summary>
    public TimeSpan Linger { get; init; }

    /// <summary>Called once workers may connect.</summary>
    public Action<CoordinatorHost> Started { get; init; } = _ => { };

    /// <summary>Runs until the end of the run, or until asked to stop.</summary>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="metrics">One of the reporters.</param>
    /// <param name="stopping">Asks to stop; the same command goes on later.</param>
    /// <returns>How the run ended, and its chain hash.</returns>
    public async Task<(RunResult Result, ChainHash? Chain)> Run(IRunReporter reporter, MetricsFile metrics, CancellationToken stopping)
    {
        using var book = RunBook.Open(Directory, Recipe);
        var wasFinished = book.HasBegun && book.Steps >= book.MaxSteps;
        var options = new EngineOptions
        {
            Incarnation = (uint)Random.Shared.NextInt64(1L << 32),
            MinWorkers = MinWorkers,
            PinnedIdentity = PinnedIdentity,
            OnEvent = e => Tell(reporter, e),
            Meter = Meter,
        };
        using var loop = new CoordinatorLoop(new RunEngine(book, options, reporter, metrics, TimeProvider.System), TimeProvider.System);
        await using var host = await CoordinatorHost.Start(loop, Host with { Meter = Meter });
        Meter.Follow(() => Look(loop));
        Started(host);
        using var stopped = new CancellationTokenSource();
        using var registration = stopping.Register(stopped.Cancel);
        try
        {
            var waiting = wasFinished ? Linger > ReturnPatience ? Linger : ReturnPatience : Timeout.InfiniteTimeSpan;
            await Task.WhenAny(loop.Ended, Task.Delay(waiting, stopped.Token));
            // Those that are there may need longer to open a large model.
            while (wasFinished && !loop.Ended.IsCompleted && !stopped.IsCancellationRequested && await loop.HasWorkers())
                await Task.WhenAny(loop.Ended, Task.Delay(ReturnInterval, stopped.Token));
            if (!loop.Ended.IsCompleted)
            {
                loop.Interrupt();
                await Task.WhenAny(loop.Ended, Task.Delay(StopPatience));
            }

            var result = loop.Ended.IsCompleted ? await loop.Ended : Stopped(book);
            if (wasFinished && result.Outcome == RunOutcome.Interrupted) result = result with { Outcome = RunOutcome.FinishedBefore };
            if (result.Outcome != RunOutcome.Interrupted && Linger > TimeSpan.Zero)
            {
                reporter.Notice(NoticeLevel.Information, "linger", $"the run has ended; its status stays up for {Linger.TotalSeconds:0} s, or until Ctrl-C");
                await Task.Delay(Linger, stopped.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }

            await loop.CloseAll(
                result.Outcome == RunOutcome.Interrupted ? LinkEnd.Unavailable : LinkEnd.Done, "the coordinator was stopped; it may come back");
            return (result, book.HasBegun ? book.Chain : null);
        }
        catch (RunFailedException)
        {
            await loop.CloseAll(LinkEnd.Unavailable, "the coordinator cannot go on; it may come back");
            throw;
        }
        finally
        {
            // What is exported last is how the run ended.
            if (Look(loop) is { } last) Meter.Show(last);
            Meter.Follow(() => null);
        }
    }

    /// <summary>A picture of the run, if the loop has the time.</summary>
    private static RunPicture? Look(CoordinatorLoop loop)
    {
        try
        {
            var picture = RunPicture.Of(loop);
            return picture.Wait(LookPatience) ? picture.Result : null;
        }
        catch (AggregateException)
        {
            return null;
        }
    }

    private RunResult Stopped(RunBook book) => new()
    {
        Outcome = RunOutcome.Interrupted,
        Steps = book.HasBegun ? book.Steps : 0,
        ElapsedSeconds = 0,
        Output = Directory.Path,
    };

    /// <summary>Membership and the like, as lines between those of the run.</summary>
    private static void Tell(IRunReporter reporter, RunEvent happened)
    {
        // Said by the run itself, or of interest only to who looks at the page.
        if (happened.Kind is "evaluation" or "skipped" or "finished" or "started" or "backup") return;
        var level = happened.Kind is "lost" or "refused" or "hung" or "flag" or "differs" or "quarantined" ? NoticeLevel.Warning : NoticeLevel.Information;
        reporter.Notice(level, happened.Kind, happened.Worker is null ? happened.Message : $"{happened.Worker}: {happened.Message}");
    }
}
