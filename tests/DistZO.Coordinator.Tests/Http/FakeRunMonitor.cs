using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

/// <summary>An <see cref="IRunMonitor"/> over a <see cref="FakeRun"/>.</summary>
internal sealed class FakeRunMonitor(FakeRun run) : IRunMonitor
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version = 1;

    /// <summary>Eight workers in the middle of a run in which much has happened.</summary>
    public static FakeRun Eventful()
    {
        var workers = FakeWorker.Several(8);
        workers[3] = workers[3] with { State = WorkerState.Hung, Words = "no progress for 47 s" };
        workers[5] = workers[5] with { State = WorkerState.CatchingUp, Words = "replays 412 steps" };
        workers.Add(new FakeWorker(9, "leto", 88) { JoinedAt = 1_200, WentAt = 6_400, Words = "connection lost: no sign of life for 30 s" });
        workers.Add(new FakeWorker(10, "mimas", 61) { JoinedAt = 2_600, WentAt = 9_100, Words = "left: its machine is wanted for something else" });
        return new FakeRun
        {
            Step = 11_482,
            Phase = 0.55,
            Workers = workers,
            Suspect = [new SuspectSteps(4_300, 4_400, "echo", "distzo fork output/run.zol --step 4300 --output output-2")],
        };
    }

    public FakeRun Run => run;

    /// <summary>Calls of the changing methods, in order.</summary>
    public List<string> Calls { get; } = [];

    public Recipe Recipe => run.Recipe;

    /// <summary>Changes the run and tells whoever waits.</summary>
    public void Change(Action<FakeRun> change)
    {
        lock (_gate)
        {
            change(run);
            _version++;
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    public Task<RunStatus> Status()
    {
        lock (_gate) return Task.FromResult(FakeStatus.Of(run, _version));
    }

    public Task<IReadOnlyList<WorkerStatus>> Workers()
    {
        lock (_gate) return Task.FromResult(FakeStatus.Workers(run));
    }

    public Task<IReadOnlyList<CommittedStep>> Steps(long from, int limit, int every)
    {
        lock (_gate)
        {
            var steps = new List<CommittedStep>();
            for (var t = from; t < run.Step && steps.Count < limit; t += every) steps.Add(run.Committed(t));
            return Task.FromResult<IReadOnlyList<CommittedStep>>(steps);
        }
    }

    public Task<IReadOnlyList<EvaluationStatus>> Evaluations()
    {
        lock (_gate) return Task.FromResult(FakeStatus.Evaluations(run));
    }

    public Task<IReadOnlyList<RunEvent>> Events(long from)
    {
        lock (_gate) return Task.FromResult<IReadOnlyList<RunEvent>>([.. FakeEvents.Of(run).Where(e => e.Number >= from)]);
    }

    public Task Changed(long version, CancellationToken cancellation)
    {
        lock (_gate) return _version > version ? Task.CompletedTask : _changed.Task.WaitAsync(cancellation);
    }

    public Task Pause() => Call("pause", RunState.Paused);

    public Task Resume() => Call("resume", RunState.Training);

    public Task Stop() => Call("stop", RunState.Finishing);

    private Task Call(string name, RunState state)
    {
        Change(run =>
        {
            Calls.Add(name);
            run.State = state;
        });
        return Task.CompletedTask;
    }
}
