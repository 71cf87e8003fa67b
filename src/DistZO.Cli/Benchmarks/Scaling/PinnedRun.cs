using System.Diagnostics;
using System.Net;
using DistZO.Cli.Cluster;
using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A run whose coordinator is in this process and whose workers are processes of their own, one thread on one core each. It stands still
/// but while its steps are measured, so that several runs can take turns on the same cores.
/// </summary>
internal sealed class PinnedRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly RunBook _book;
    private readonly MetricsFile _metrics;
    private readonly CoordinatorLoop _loop;
    private readonly CoordinatorHost _host;
    private readonly List<Process> _workers = [];
    private readonly List<long> _commits = [];
    private volatile string _said = "";

    private PinnedRun(RunBook book, MetricsFile metrics, CoordinatorLoop loop, CoordinatorHost host) =>
        (_book, _metrics, _loop, _host) = (book, metrics, loop, host);

    /// <summary>The worker processes, in the order of their cores.</summary>
    public IReadOnlyList<Process> Workers => _workers;

    /// <summary>Starts coordinator and workers; returns once all have opened their model.</summary>
    /// <param name="recipe">Model, data and how to train.</param>
    /// <param name="folder">For the ledger.</param>
    /// <param name="cores">A worker for each.</param>
    public static async Task<PinnedRun> Start(Recipe recipe, string folder, IReadOnlyList<int> cores)
    {
        var directory = new RunDirectory(folder);
        var book = RunBook.Open(directory, recipe);
        var metrics = new MetricsFile(directory.Metrics);
        var options = new EngineOptions { Incarnation = (uint)Random.Shared.NextInt64(1L << 32), MinWorkers = cores.Count };
        var engine = new RunEngine(book, options, metrics, metrics, TimeProvider.System);
        engine.Pause();
        var loop = new CoordinatorLoop(engine, TimeProvider.System);
        var host = await CoordinatorHost.Start(loop, new DistZO.Coordinator.HostOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0) });
        var run = new PinnedRun(book, metrics, loop, host);
        engine.OnCommit = _ => run.Committed();
        foreach (var core in cores) run.StartWorker(recipe, core);
        await run.Until(async () => (await loop.Workers()).Count(worker => worker.State == WorkerState.Idle) == cores.Count);
        return run;
    }

    /// <summary>Takes one step, and stands still again; what it took, in seconds, its commit included.</summary>
    public async Task<double> Step()
    {
        var before = Count();
        var began = Stopwatch.GetTimestamp();
        await _loop.Resume();
        // Only the next step does not begin.
        await _loop.Pause();
        await Until(() => Task.FromResult(Count() > before));
        lock (_commits) return Stopwatch.GetElapsedTime(began, _commits[before]).TotalSeconds;
    }

    /// <summary>Cells a second of each worker, as the coordinator believes.</summary>
    public async Task<double[]> Speeds() => [.. (await _loop.Workers()).Select(worker => worker.CellsPerSecond ?? 0)];

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            if (!worker.HasExited) worker.Kill();
            await worker.WaitForExitAsync();
            worker.Dispose();
        }

        await _host.DisposeAsync();
        _loop.Dispose();
        _metrics.Dispose();
        _book.Dispose();
    }

    private void StartWorker(Recipe recipe, int core)
    {
        string[] arguments =
        [
            "worker", "--coordinator", _host.Listen.ToString(), "--name", $"core {core}", "--threads", "1", "--exit-with-parent", "--no-snapshots",
            "--model", recipe.Get(RecipeKeys.Model)!, "--data", recipe.Get(RecipeKeys.TrainFile)!,
        ];
        var process = LinuxProcess.StartOn(core, OwnProgram.With(arguments));
        _workers.Add(process);
        process.ErrorDataReceived += (_, line) => _said = line.Data ?? _said;
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    private void Committed()
    {
        lock (_commits) _commits.Add(Stopwatch.GetTimestamp());
    }

    private int Count()
    {
        lock (_commits) return _commits.Count;
    }

    private async Task Until(Func<Task<bool>> condition)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (_loop.Ended.IsFaulted) await _loop.Ended;
            if (_workers.Any(worker => worker.HasExited)) throw new RunFailedException($"a worker of the benchmark has ended: {_said}");
            if (Stopwatch.GetElapsedTime(began) > Patience) throw new RunFailedException("the benchmark's workers take too long; use fewer --steps");
            await Task.Delay(Look);
        }
    }
}
