using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Worker;

namespace DistZO.Cluster.Tests;

/// <summary>
/// A real worker with a real model, on a simulated machine: what it computes is real, how long that takes is told, and its connection
/// breaks when it is told to.
/// </summary>
internal sealed class SimulatedWorker
{
    private readonly SimulatedCluster _cluster;
    private readonly WorkerRun _run;
    private readonly Queue<(SimulatedLink Link, CoordinatorMessage Message)> _inbox = [];
    private double _busyUntil;
    private bool _isScheduled;
    private SimulatedLink? _link;

    public SimulatedWorker(
        SimulatedCluster cluster, string name, double speed, RunFiles? files = null, bool hasRows = true, bool writes = true)
    {
        (_cluster, Name, Speed, Writes) = (cluster, name, speed, writes);
        var output = cluster.NewDirectory();
        files ??= cluster.Files;
        var options = new WorkerOptions
        {
            Name = name,
            Open = recipe => files.Open(hasRows ? recipe : recipe.With(RecipeKeys.EvalFile, null)),
            Output = writes ? output : null,
            Snapshots = output.Snapshots,
            IsSuperseded = IsSuperseded,
            AllowsCommand = true,
        };
        _run = new WorkerRun(options, Send, (_, _, _) => { }, cluster.Time);
    }

    public string Name { get; }

    /// <summary>Cells a second; may change at any time.</summary>
    public double Speed { get; set; }

    /// <summary>Whether it writes the model at the end, for which it folds all commits.</summary>
    public bool Writes { get; }

    /// <summary>Whether the process runs.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether it is stopped, as by SIGSTOP: it keeps its connection and does nothing.</summary>
    public bool Hangs { get; set; }

    /// <summary>Whether its work is stuck, while its heartbeats go on.</summary>
    public bool IsStuck { get; set; }

    public bool HasFinished => _run.HasFinished;

    public WorkerRun Run => _run;

    /// <summary>Changes what it says; null drops the message.</summary>
    public Func<WorkerMessage, IEnumerable<WorkerMessage>>? Tamper { get; set; }

    /// <summary>Connects, or connects again: the old connection is dead then, whether or not the coordinator knows.</summary>
    public void Connect()
    {
        if (!IsAlive || _cluster.Engine is null) return;
        var link = new SimulatedLink(this, _cluster);
        link.Session = _cluster.Engine.Connect(link);
        _link = link;
        _run.Connected();
    }

    /// <summary>The connection breaks; what is under way in either direction is lost. The coordinator notices at once, or never.</summary>
    public void Cut(bool isNoticed = true)
    {
        var link = _link;
        _link = null;
        if (link is null) return;
        link.IsDead = true;
        if (isNoticed) _cluster.Disconnected(link);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        IsAlive = false;
        Cut();
        _run.Dispose();
    }

    /// <summary>SIGTERM: finishes what it does and says goodbye.</summary>
    public void Terminate()
    {
        _run.Leave("it was stopped");
        IsAlive = false;
    }

    /// <summary>A message arrives: it is handled once the ones before are.</summary>
    public void Deliver(SimulatedLink link, CoordinatorMessage message)
    {
        if (!IsAlive || link.IsDead || link != _link) return;
        _inbox.Enqueue((link, message));
        Schedule();
    }

    private void Schedule()
    {
        if (!IsAlive) _inbox.Clear();
        if (_isScheduled || _inbox.Count == 0) return;
        _isScheduled = true;
        _cluster.At(Hangs || IsStuck ? _cluster.Time.Now + 0.5 : Math.Max(_busyUntil, _cluster.Time.Now), () =>
        {
            _isScheduled = false;
            if (!Hangs && !IsStuck && IsAlive && _inbox.TryDequeue(out var next) && next.Link == _link)
            {
                _busyUntil = _cluster.Time.Now + (IsSuperseded() ? 0 : Cells(next.Message) / Speed);
                _run.Handle(next.Message);
                if (_run.LagsBehind) _run.CatchUp();
            }

            Schedule();
        });
    }

    private bool IsSuperseded() => _inbox.Any(item => item.Link == _link && item.Message is Round or EvaluateRows or Refold or Finish);

    /// <summary>The link was closed by the coordinator.</summary>
    public void Closed(SimulatedLink link)
    {
        if (link == _link) _link = null;
    }

    /// <summary>One bit of its weights flips, as memory does now and then. The weights stay finite.</summary>
    public void FlipBit(Random random)
    {
        if (Run.Model is not { } model) return;
        var parameter = model.Parameters[random.Next(model.Parameters.Count)];
        // A low bit of the mantissa, whatever the format.
        var at = random.NextInt64(parameter.Length) * parameter.Type.Size();
        Span<byte> one = stackalloc byte[1];
        model.Device.Download(parameter.Storage, at, one);
        one[0] ^= 0x10;
        model.Device.Upload(one, parameter.Storage, at);
    }

    public void Beat()
    {
        if (IsAlive && !Hangs && _link is { IsDead: false } link) _cluster.ToCoordinator(link, _run.Beat(), 0);
    }

    private void Send(WorkerMessage message)
    {
        if (_link is not { } link) return;
        var delay = Math.Max(0, _busyUntil - _cluster.Time.Now);
        if (message is ShareDone done) message = done with { Time = TimeSpan.FromSeconds(delay) };
        foreach (var said in Tamper?.Invoke(message) ?? [message])
            _cluster.ToCoordinator(link, said, delay);
    }

    private static double Cells(CoordinatorMessage message) => message switch
    {
        Round { Assignment: { } assignment } => assignment.Share.Probes * assignment.Share.Samples,
        EvaluateRows rows => rows.RowEnd - rows.RowStart,
        _ => 0,
    };
}

/// <summary>One simulated connection.</summary>
internal sealed class SimulatedLink(SimulatedWorker worker, SimulatedCluster cluster) : IWorkerLink
{
    public Session? Session { get; set; }

    public bool IsDead { get; set; }

    public SimulatedWorker Worker => worker;

    public long BytesUp => 0;

    public long BytesDown => 0;

    public string? Refusal { get; private set; }

    public void Send(CoordinatorMessage message) => cluster.ToWorker(this, message);

    public void Close(LinkEnd end, string message)
    {
        if (end == LinkEnd.Refused) Refusal = message;
        if (end == LinkEnd.Refused) cluster.Refusals.Add(message);
        cluster.At(cluster.Time.Now + 0.001, () =>
        {
            IsDead = true;
            worker.Closed(this);
            cluster.Disconnected(this);
        });
    }
}
