using System.Globalization;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// Runs a <see cref="RunEngine"/> on one thread of its own: what handlers of calls and pages want of it is queued, and done in order.
/// </summary>
public sealed class CoordinatorLoop : IRunMonitor, IDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly RunEngine _engine;
    private readonly ActionQueue _queue = new();
    private readonly TaskCompletionSource<RunResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _ticks;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;
    private long _ticking;

    /// <param name="engine">The run; from here on only this loop calls it.</param>
    /// <param name="time">For the ticks.</param>
    public CoordinatorLoop(RunEngine engine, TimeProvider time)
    {
        _engine = engine;
        _thread = new Thread(Loop) { IsBackground = true, Name = "distzo-coordinator" };
        _thread.Start();
        _ticks = time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
    }

    /// <summary>Ends with the run; fails if it cannot go on.</summary>
    public Task<RunResult> Ended => _ended.Task;

    public Recipe Recipe => _engine.Book.Recipe;

    /// <summary>A worker has connected.</summary>
    public Task<Session> Connect(IWorkerLink link) => Ask(() => _engine.Connect(link));

    /// <summary>A worker says something.</summary>
    public void Receive(Session session, WorkerMessage message) => Post(() => _engine.Receive(session, message));

    /// <summary>A worker's connection has ended.</summary>
    public void Disconnected(Session session, string reason) => Post(() => _engine.Disconnected(session, reason));

    /// <summary>Ends this process's part of the run once the step in flight is committed.</summary>
    public void Interrupt() => Post(_engine.Interrupt);

    /// <summary>Tells all workers that the coordinator goes away.</summary>
    public Task CloseAll(LinkEnd end, string message) => Ask(() =>
    {
        _engine.CloseAll(end, message);
        return true;
    });

    /// <summary>Done once everything that was queued before is.</summary>
    public Task CatchUp() => Ask(() => true);

    /// <summary>Whether any worker is connected.</summary>
    public Task<bool> HasWorkers() => Ask(() => _engine.HasWorkers);

    public Task<RunStatus> Status() => Ask(_engine.Describe);

    public Task<IReadOnlyList<WorkerStatus>> Workers() => Ask(_engine.DescribeWorkers);

    public Task<IReadOnlyList<EvaluationStatus>> Evaluations() => Ask<IReadOnlyList<EvaluationStatus>>(
        () => [.. _engine.Evaluations.Select(evaluation => StatusWriter.Of(evaluation)!)]);

    public Task<IReadOnlyList<RunEvent>> Events(long from) => Ask(() => _engine.Events(from));

    public Task<IReadOnlyList<CommittedStep>> Steps(long from, int limit, int every) => Ask<IReadOnlyList<CommittedStep>>(() =>
    {
        var steps = new List<CommittedStep>();
        var book = _engine.Book;
        for (var step = from; book.HasBegun && step < book.Steps && steps.Count < limit; step += every) steps.Add(Describe(book, (int)step));
        return steps;
    });

    public async Task Changed(long version, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_version > version) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    public Task Pause() => Ask(() => Done(_engine.Pause), changes: true);

    public Task Resume() => Ask(() => Done(_engine.Resume), changes: true);

    public Task Stop() => Ask(() => Done(_engine.Stop), changes: true);

    public void Dispose()
    {
        _ticks.Dispose();
        _queue.Complete();
        _thread.Join();
    }

    private static bool Done(Action action)
    {
        action();
        return true;
    }

    private static CommittedStep Describe(RunBook book, int step)
    {
        var record = book.Records[step];
        return new CommittedStep(
            step,
            record.Status == StepStatus.Skipped ? "skipped" : "applied",
            record.Status == StepStatus.Skipped ? null : record.MeanLoss,
            record.Terms,
            record.Decay,
            [
                .. record.Directions.Select(d => new CommittedDirection(
                    d.Seed.ToString("x16", CultureInfo.InvariantCulture),
                    d.Plus.ToString(CultureInfo.InvariantCulture),
                    d.Minus.ToString(CultureInfo.InvariantCulture),
                    d.Coefficient)),
            ],
            book.ChainAt(step + 1).ToString());
    }

    private void Post(Action action) => _queue.Add(action);

    /// <param name="question">Done on the loop's thread.</param>
    /// <param name="changes">Whether the run cannot go on if it fails; one that only looks harms nobody but who asked.</param>
    private Task<T> Ask<T>(Func<T> question, bool changes = false)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = _queue.Add(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (Exception e)
            {
                answer.SetException(e);
                if (changes) throw;
            }
        });
        if (!posted) answer.SetException(new RunFailedException("the coordinator has ended"));
        return answer.Task;
    }

    private void Tick()
    {
        // A long commit must not pile them up.
        if (Interlocked.Exchange(ref _ticking, 1) == 0) Post(() =>
        {
            Interlocked.Exchange(ref _ticking, 0);
            _engine.Tick();
        });
    }

    private void Loop()
    {
        List<Action> actions = [];
        while (_queue.Take(ref actions))
        {
            foreach (var action in actions)
            {
                try
                {
                    action();
                }
                catch (Exception e)
                {
                    // After a failed flush, say, nothing may be committed any more; whoever hosts the run ends it.
                    _ended.TrySetException(e);
                }
            }

            Announce();
            if (_engine.Result is { } result) _ended.TrySetResult(result);
        }
    }

    private void Announce()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_engine.Version == _version) return;
            _version = _engine.Version;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
