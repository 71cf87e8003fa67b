namespace DistZO.Coordinator;

/// <summary>A run and its workers at one moment.</summary>
public sealed record RunPicture(RunStatus Status, IReadOnlyList<WorkerStatus> Workers)
{
    /// <summary>Takes one of a run.</summary>
    public static async Task<RunPicture> Of(IRunMonitor monitor) =>
        new(await monitor.Status().ConfigureAwait(false), await monitor.Workers().ConfigureAwait(false));
}
