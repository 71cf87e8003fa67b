using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;
using DistZO.Worker;

namespace DistZO.Cli.Cluster;

/// <summary>
/// A coordinator and one worker in one thread, without sockets: what <c>distzo train</c> is on one machine. They say to each other what
/// they would say over a network; a message is handled when the one before is.
/// </summary>
internal sealed class LocalRun : IWorkerLink
{
    private readonly Queue<CoordinatorMessage> _messages = [];
    private (LinkEnd End, string Message)? _closed;

    private LocalRun()
    {
    }

    public long BytesUp => 0;

    public long BytesDown => 0;

    /// <summary>Runs to the last step, or until cancelled, in which case the step in flight is still committed.</summary>
    /// <param name="inputs">Base model, data, recipe; the caller keeps owning them.</param>
    /// <param name="directory">The output, which may hold the run already.</param>
    /// <param name="reporter">Is told what happens; the caller keeps owning it.</param>
    /// <param name="metrics">One of the reporters.</param>
    /// <param name="time">The clock of everything that is shown.</param>
    /// <param name="allowsCommand">Whether the objective may run a program.</param>
    /// <param name="stopping">Asks the run to stop after the step in flight.</param>
    /// <param name="chain">The ledger's chain hash at the end.</param>
    /// <param name="trace">Is told when a step begins; may be null.</param>
    /// <param name="meter">The run in numbers; null where nobody reads them.</param>
    /// <param name="spans">The worker's part; may be null.</param>
    public static RunResult Execute(
        RunInputs inputs,
        RunDirectory directory,
        IRunReporter reporter,
        MetricsFile metrics,
        TimeProvider time,
        bool allowsCommand,
        CancellationToken stopping,
        out ChainHash chain,
        TraceFile? trace = null,
        RunMeter? meter = null,
        ShareSpans? spans = null)
    {
        using var book = RunBook.Open(directory, inputs.Recipe);
        if (book.HasBegun) IdentityDifferences.Refuse(book.Identity, inputs.Identity(book.Identity.Parent), directory.Ledger, book.Steps);
        LocalSteps? steps = null;
        var engine = new RunEngine(
            book,
            new EngineOptions
            {
                Incarnation = (uint)Random.Shared.NextInt64(1L << 32),
                Meter = meter,
                TokensOf = step => (steps ??= new LocalSteps(inputs.Recipe, inputs.Train.Examples, new ShareExecutor(inputs.Model, new UpdateHistory(), objective: null))).TokensOf(step),
            },
            reporter,
            metrics,
            time);
        var link = new LocalRun();
        var session = engine.Connect(link);
        var options = new WorkerOptions
        {
            Name = "local",
            Open = _ => inputs,
            Output = directory,
            Snapshots = directory.Snapshots,
            AllowsCommand = allowsCommand,
            Trace = trace,
            Spans = spans,
            Stopping = stopping,
        };
        var worker = new WorkerRun(options, message => engine.Receive(session, message), reporter.Notice, time);
        worker.Connected();
        while (engine.Result is null)
        {
            if (meter is { IsRead: true }) meter.Show(new RunPicture(engine.Describe(), engine.DescribeWorkers()));
            if (stopping.IsCancellationRequested) engine.Interrupt();
            if (engine.Result is not null) break;
            if (link._closed is { End: not LinkEnd.Done } closed) throw new RunFailedException(closed.Message);
            if (link._messages.TryDequeue(out var message)) worker.Handle(message);
            else if (worker.LagsBehind) worker.CatchUp();
            else if (!stopping.IsCancellationRequested) throw new InvalidOperationException("coordinator and worker wait for each other");
        }

        meter?.Show(new RunPicture(engine.Describe(), engine.DescribeWorkers()));
        chain = book.Chain;
        return engine.Result;
    }

    void IWorkerLink.Send(CoordinatorMessage message) => _messages.Enqueue(message);

    void IWorkerLink.Close(LinkEnd end, string message) => _closed = (end, message);
}
