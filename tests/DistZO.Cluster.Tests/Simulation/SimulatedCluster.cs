using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>Thrown where a simulated process dies.</summary>
internal sealed class CrashException : Exception;

/// <summary>
/// A whole cluster in one thread, over an in-memory transport and a fake clock: real coordinator, real workers, real ledger; only time,
/// network and faults are made up. The order of everything follows from one seed.
/// </summary>
internal sealed class SimulatedCluster : IDisposable
{
    private const double Tick = 0.1;
    private const double HeartbeatEvery = 2;
    private const double LongestSimulation = 5_000;
    private const int MostEvents = 500_000;

    private readonly PriorityQueue<Action, (double Time, long Number)> _events = new();
    private readonly Dictionary<SimulatedLink, double> _arrivals = [];
    private readonly Random _random;
    private readonly Recipe _recipe;
    private RunBook? _book;
    private long _numbers;
    private uint _incarnations;

    public SimulatedCluster(RunFiles files, Recipe recipe, int seed = 1)
    {
        (Files, _recipe, _random) = (files, recipe, new Random(seed));
        Directory = files.NewDirectory();
        StartCoordinator();
        Every(Tick, () => Guard(() => Engine?.Tick()));
        Every(HeartbeatEvery, () =>
        {
            foreach (var worker in Workers) worker.Beat();
        });
    }

    public RunFiles Files { get; }

    public FakeTime Time { get; } = new();

    public RunDirectory Directory { get; }

    /// <summary>The coordinator; null while it is dead.</summary>
    public RunEngine? Engine { get; private set; }

    public List<SimulatedWorker> Workers { get; } = [];

    public List<RunEvent> Events { get; } = [];

    public List<string> Refusals { get; } = [];

    /// <summary>Seconds that a message takes, at most.</summary>
    public double Latency { get; set; } = 0.01;

    /// <summary>Called at each append: before it, and after it is durable.</summary>
    public Action<StepRecord, bool>? OnAppend { get; set; }

    public int MinWorkers { get; init; } = 1;

    public RunDirectory NewDirectory() => Files.NewDirectory();

    /// <summary>Adds a worker and connects it.</summary>
    public SimulatedWorker Add(double speed = 100, bool hasRows = true, bool writes = true)
    {
        var worker = new SimulatedWorker(this, $"w{Workers.Count}", speed, null, hasRows, writes);
        Workers.Add(worker);
        worker.Connect();
        return worker;
    }

    /// <summary>Adds a worker with other files than this cluster's.</summary>
    public void AddFrom(RunFiles files)
    {
        var worker = new SimulatedWorker(this, $"w{Workers.Count}", 100, files);
        Workers.Add(worker);
        worker.Connect();
    }

    /// <summary>The coordinator starts; workers find it by themselves.</summary>
    public void StartCoordinator()
    {
        _book = RunBook.Open(Directory, _recipe);
        _book.OnAppend = (record, isDurable) => OnAppend?.Invoke(record, isDurable);
        var metrics = new MetricsFile(Directory.Metrics);
        Engine = new RunEngine(
            _book, new EngineOptions { Incarnation = ++_incarnations, MinWorkers = MinWorkers, OnEvent = Events.Add }, metrics, metrics, Time);
        foreach (var worker in Workers) At(Time.Now + (_random.NextDouble() * 0.2), worker.Connect);
    }

    /// <summary>The coordinator dies at once. Its connections break; nothing that it had not flushed survives.</summary>
    public void KillCoordinator()
    {
        Engine = null;
        _book?.Dispose();
        _book = null;
        foreach (var worker in Workers) worker.Cut(isNoticed: false);
    }

    /// <summary>Dies now and comes back later.</summary>
    public void RestartCoordinator(double after = 1)
    {
        KillCoordinator();
        At(Time.Now + after, StartCoordinator);
    }

    /// <summary>Does something at a time.</summary>
    public void At(double time, Action action) => _events.Enqueue(action, (time, _numbers++));

    /// <summary>Runs until the run has ended.</summary>
    public RunResult RunToTheEnd()
    {
        RunUntil(() => Engine?.Result is not null);
        return Engine!.Result!;
    }

    /// <summary>Runs until something is so.</summary>
    public void RunUntil(Func<bool> isSo)
    {
        var events = 0;
        while (!isSo())
        {
            if (events++ > MostEvents) throw new InvalidOperationException($"the run goes in circles: {Describe()}");
            if (!_events.TryDequeue(out var action, out var at)) throw new InvalidOperationException("nothing happens any more");
            if (at.Time > LongestSimulation) throw new InvalidOperationException($"the run does not end: {Describe()}");
            Time.AdvanceTo(at.Time);
            action();
        }
    }

    /// <summary>Runs until so many steps are committed.</summary>
    public void RunToStep(long step) => RunUntil(() => Engine is not null && _book!.HasBegun && _book.Steps >= step);

    public void ToCoordinator(SimulatedLink link, WorkerMessage message, double delay) => At(Time.Now + delay + Lag(link), () =>
    {
        if (!link.IsDead) Guard(() => Engine?.Receive(link.Session!, message));
    });

    public void ToWorker(SimulatedLink link, CoordinatorMessage message) => At(Time.Now + Lag(link), () => link.Worker.Deliver(link, message));

    public void Disconnected(SimulatedLink link) => Guard(() => Engine?.Disconnected(link.Session!, "it broke"));

    /// <summary>Asserts that the run is what one process alone makes of the recipe: records, weights of all workers, evaluations.</summary>
    /// <param name="isAnybodyThere">Whether some worker must have seen the end.</param>
    public void AssertSameAsAlone(bool isAnybodyThere = true)
    {
        var alone = Files.Alone(_recipe);
        var ledger = Ledger.Read(Directory.Ledger);
        Assert.Equal(alone.Records, string.Join('\n', ledger.Records.Select(record => Convert.ToHexString(RecordCodec.Encode(record)))));
        var evaluations = new EvaluationLog(Directory.Evaluations).Of(ledger).ToDictionary(e => (long)e.Step, e => RunFiles.Text(e.Metrics));
        Assert.Equal(alone.Evaluations, evaluations);
        if (isAnybodyThere) Assert.Contains(Workers, worker => worker.HasFinished);
        foreach (var worker in Workers.Where(worker => worker is { HasFinished: true, IsAlive: true, Writes: true }))
            Assert.Equal(alone.Digest, worker.Run.Digest());
    }

    public void Dispose()
    {
        KillCoordinator();
        foreach (var worker in Workers.Where(worker => worker.IsAlive)) worker.Run.Dispose();
    }

    private string Describe() => Engine is null ? "the coordinator is dead" : string.Join(
        '\n',
        [
            Engine.Describe().Message,
            .. Engine.Describe().Grid?.Shares.Select(share => $"{share.Share}: {share.State} {string.Join(',', share.Sessions)}") ?? [],
            .. Engine.DescribeWorkers().Select(w => $"{w.Session} {w.Name}: {w.State} {w.Share} {w.Rows} folded {w.FoldedStep} shares {w.Shares}"),
            .. Events.TakeLast(12).Select(e => $"{e.Step} {e.Kind} {e.Worker}: {e.Message}"),
        ]);

    // Messages of one connection keep their order.
    private double Lag(SimulatedLink link)
    {
        var arrival = Math.Max(Time.Now + (_random.NextDouble() * Latency), _arrivals.GetValueOrDefault(link) + 1e-6);
        _arrivals[link] = arrival;
        return arrival - Time.Now;
    }

    private void Every(double seconds, Action action) => At(Time.Now + seconds, () =>
    {
        action();
        Every(seconds, action);
    });

    /// <summary>What ends a real coordinator ends this one, and it is started again, as an operator or Kubernetes would.</summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is CrashException or RunFailedException)
        {
            RestartCoordinator();
        }
    }
}
