using System.Diagnostics;
using System.Net;
using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Benchmarks;

/// <summary>What the steps of a run of simulated workers took.</summary>
/// <param name="Seconds">Of each step, from its first message to that of the next one.</param>
/// <param name="Slowest">Of each step, what its slowest share took.</param>
/// <param name="Commits">Of each step, where the coordinator spent its time.</param>
/// <param name="Up">Payload bytes of a rank and step.</param>
/// <param name="Down">Likewise, to the rank.</param>
/// <param name="Socket">All that went over the sockets meanwhile.</param>
/// <param name="RankSteps">Ranks × steps.</param>
internal sealed record LoopbackSteps(
    double[] Seconds, double[] Slowest, CommitTiming[] Commits, double Up, double Down, SocketCount Socket, long RankSteps);

/// <summary>
/// A coordinator as <c>distzo coordinator</c> runs it, with its ledger in a temporary folder, and simulated workers on loopback
/// connections of their own.
/// </summary>
internal sealed class LoopbackRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(2);

    private readonly int _workers;
    private readonly TimeSpan _wait;
    private readonly (int WarmUp, int Measured) _steps;
    private readonly long[] _slowest;
    private readonly List<(long At, CommitTiming Timing)> _commits = [];
    private (long Up, long Down, SocketCount Socket) _before;
    private (long Up, long Down, SocketCount Socket) _after;
    private SimulatedRank[] _ranks = [];

    /// <param name="workers">How many; each has a connection.</param>
    /// <param name="wait">What each share takes.</param>
    /// <param name="warmUp">Steps that are not measured.</param>
    /// <param name="measured">Steps that are.</param>
    public LoopbackRun(int workers, TimeSpan wait, int warmUp, int measured)
    {
        (_workers, _wait, _steps) = (workers, wait, (warmUp, measured));
        _slowest = new long[warmUp + measured + 1];
    }

    /// <summary>Runs it to its end.</summary>
    public async Task<LoopbackSteps> Measure()
    {
        using (var folder = new ScratchFolder())
        {
            await Execute(new RunDirectory(folder.Root)).ConfigureAwait(false);
        }

        var first = _steps.WarmUp;
        var rankSteps = (long)_workers * _steps.Measured;
        return new LoopbackSteps(
            [.. Enumerable.Range(first, _steps.Measured).Select(i => Stopwatch.GetElapsedTime(_commits[i - 1].At, _commits[i].At).TotalSeconds)],
            [.. Enumerable.Range(first, _steps.Measured).Select(i => TimeSpan.FromTicks(_slowest[i]).TotalSeconds)],
            [.. _commits.Skip(first).Select(commit => commit.Timing)],
            (double)(_after.Up - _before.Up) / rankSteps,
            (double)(_after.Down - _before.Down) / rankSteps,
            _after.Socket - _before.Socket,
            rankSteps);
    }

    private async Task Execute(RunDirectory directory)
    {
        var recipe = Recipe.Default
            .With(RecipeKeys.Model, "a simulated model")
            .With(RecipeKeys.MaxSteps, _steps.WarmUp + _steps.Measured)
            .With(RecipeKeys.BatchSize, Math.Max(16, _workers));
        var rows = 10L * Math.Max(16, _workers);
        var identity = RunIdentity.Create(
            recipe.Resolve(rows), new string('a', 64), [new TensorLayout("weight", TensorRole.Matrix, [768, 768])], new string('b', 64), rows, "cpu-v1");
        using var book = RunBook.Open(directory, recipe);
        using var metrics = new MetricsFile(directory.Metrics, recipe.Get(RecipeKeys.LoggingSteps));
        var options = new EngineOptions { Incarnation = (uint)Random.Shared.NextInt64(1L << 32), MinWorkers = _workers };
        var engine = new RunEngine(book, options, metrics, metrics, TimeProvider.System);
        engine.OnCommit = timing => Committed(engine, timing);
        using var loop = new CoordinatorLoop(engine, TimeProvider.System);
        await using var host = await CoordinatorHost.Start(loop, new DistZO.Coordinator.HostOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
        }).ConfigureAwait(false);
        var address = new Uri($"http://{host.Listen}");
        _ranks = [.. Enumerable.Range(0, _workers).Select(i => new SimulatedRank(address, $"rank {i}", identity, _wait, Evaluated))];
        using var beats = new Timer(_ => Beat(), null, HeartbeatInterval, HeartbeatInterval);
        try
        {
            await loop.Ended.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new RunFailedException($"{_commits.Count} of {_slowest.Length - 1} steps in {Patience.TotalMinutes:0} minutes; use fewer --steps");
        }
        finally
        {
            foreach (var rank in _ranks) await rank.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Beat()
    {
        foreach (var rank in _ranks) rank.Beat();
    }

    /// <summary>On the engine's thread, once a step is durable.</summary>
    private void Committed(RunEngine engine, CommitTiming timing)
    {
        if (_commits.Count == _steps.WarmUp - 1) _before = Count(engine);
        if (_commits.Count == _slowest.Length - 2) _after = Count(engine);
        _commits.Add((Stopwatch.GetTimestamp(), timing));
    }

    private (long Up, long Down, SocketCount Socket) Count(RunEngine engine)
    {
        var workers = engine.DescribeWorkers();
        return (workers.Sum(worker => worker.BytesUp), workers.Sum(worker => worker.BytesDown), _ranks.Aggregate(default(SocketCount), (sum, rank) => sum + rank.Socket));
    }

    private void Evaluated(long step, TimeSpan time)
    {
        ref var slowest = ref _slowest[step];
        for (var seen = Volatile.Read(ref slowest); time.Ticks > seen;)
        {
            var before = Interlocked.CompareExchange(ref slowest, time.Ticks, seen);
            if (before == seen) return;
            seen = before;
        }
    }
}
