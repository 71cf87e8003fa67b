namespace DistZO.Coordinator;

/// <summary>Committed steps, a page at a time.</summary>
/// <param name="Steps">In order.</param>
/// <param name="Next">What to ask for next as <c>from</c>; null at the end of what is committed now.</param>
public sealed record StepPage(IReadOnlyList<CommittedStep> Steps, long? Next);

/// <summary>The workers of a run: those that are connected in order of their sessions, then those that left of late.</summary>
public sealed record WorkerList(IReadOnlyList<WorkerStatus> Workers);

/// <summary>All evaluations of a run, in order.</summary>
public sealed record EvaluationList(IReadOnlyList<EvaluationStatus> Evaluations);

/// <summary>What happened to a run.</summary>
/// <param name="Events">In order; old ones are forgotten.</param>
/// <param name="Next">What to ask for next as <c>from</c>.</param>
public sealed record EventPage(IReadOnlyList<RunEvent> Events, long Next);
