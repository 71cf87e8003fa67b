namespace DistZO.Coordinator;

/// <summary>Something that happened to a run, for the time axis: a change of membership, a backup, an evaluation, a quarantine.</summary>
/// <param name="Number">Counts all events of this coordinator, from 0.</param>
/// <param name="Time">When.</param>
/// <param name="Step">Steps committed then.</param>
/// <param name="Kind">
/// started, joined, left, lost, refused, hung, back, backup, flag, differs, quarantined, refolded, agreed, evaluation, skipped, split,
/// paused, resumed, stopping, finished, failed.
/// </param>
/// <param name="Worker">The name of the worker it is about, if any.</param>
/// <param name="Message">One line for people.</param>
public sealed record RunEvent(long Number, DateTimeOffset Time, long Step, string Kind, string? Worker, string Message);
