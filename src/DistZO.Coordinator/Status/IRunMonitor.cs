using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>
/// A run for those who watch it and steer it: the status pages and the terminal. Safe from any thread; what is returned is a picture of
/// one moment that nobody changes any more.
/// </summary>
public interface IRunMonitor
{
    /// <summary>The recipe, as it is known now.</summary>
    Recipe Recipe { get; }

    /// <summary>The run now.</summary>
    Task<RunStatus> Status();

    /// <summary>Connected workers in order of their sessions, then those that left of late.</summary>
    Task<IReadOnlyList<WorkerStatus>> Workers();

    /// <summary>Committed steps from <paramref name="from"/> on: every <paramref name="every"/>-th, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<CommittedStep>> Steps(long from, int limit, int every);

    /// <summary>All evaluations so far, in order.</summary>
    Task<IReadOnlyList<EvaluationStatus>> Evaluations();

    /// <summary>The events that are remembered, from number <paramref name="from"/> on.</summary>
    Task<IReadOnlyList<RunEvent>> Events(long from);

    /// <summary>Returns once the run is at a version above <paramref name="version"/> (<see cref="RunStatus.Version"/>).</summary>
    Task Changed(long version, CancellationToken cancellation);

    /// <summary>No new step begins until <see cref="Resume"/>; shares that are out come in.</summary>
    Task Pause();

    Task Resume();

    /// <summary>Ends the run after the step in flight; workers write the model of that step. The same run may be gone on with later.</summary>
    Task Stop();
}
