using DistZO.Optimization;

namespace DistZO.Runs;

/// <summary>What a coordinator says to a worker. <c>proto/distzo/v1/coordinator.proto</c> says the same on the wire.</summary>
public abstract record CoordinatorMessage;

/// <summary>What the run is.</summary>
/// <param name="Incarnation">This start of the coordinator: 32 random bits.</param>
/// <param name="Session">This session.</param>
/// <param name="Recipe">All keys of the recipe; its paths are the coordinator's own.</param>
/// <param name="Steps">Committed so far.</param>
/// <param name="HeartbeatInterval">Between two heartbeats.</param>
/// <param name="Parent">Where the run was forked from, if it was.</param>
public sealed record Welcome(
    ulong Incarnation, ulong Session, Recipe Recipe, long Steps, TimeSpan HeartbeatInterval, ParentRun? Parent) : CoordinatorMessage;

/// <summary>Committed steps that the worker lacks, in order.</summary>
/// <param name="FirstStep">The step of the first one; the worker forgets what it knew from there on.</param>
/// <param name="Payloads">As in the ledger, without their chain hashes.</param>
public sealed record Records(long FirstStep, IReadOnlyList<ReadOnlyMemory<byte>> Payloads) : CoordinatorMessage;

/// <summary>One round of the run: what was committed, and what to do next.</summary>
/// <param name="Commit">The record of the last step, as in <see cref="Records"/>; empty if the worker lacks none.</param>
/// <param name="Assignment">Its share of the next step; null for a worker that rests.</param>
/// <param name="WantsDigest">Whether to report the digest of the weights.</param>
public sealed record Round(ReadOnlyMemory<byte> Commit, Assignment? Assignment, bool WantsDigest) : CoordinatorMessage;

/// <summary>A share of a step's work grid, for one rank.</summary>
/// <param name="Step">t.</param>
/// <param name="Share">The rectangle to evaluate.</param>
/// <param name="Place">Where the rank stands in the step's split.</param>
/// <param name="IsBackup">Another rank was given this share before, and is late.</param>
public sealed record Assignment(long Step, Share Share, GridPlace Place, bool IsBackup)
{
    /// <summary>W3C trace context of the step; empty where nobody traces.</summary>
    public string TraceParent { get; init; } = "";
}

/// <summary>Evaluate held-out rows with the weights at a step.</summary>
public sealed record EvaluateRows(long Step, int RowStart, int RowEnd) : CoordinatorMessage
{
    /// <summary>W3C trace context of the evaluation; empty where nobody traces.</summary>
    public string TraceParent { get; init; } = "";
}

/// <summary>The weights are not those of the others: start again from the base and the ledger.</summary>
/// <param name="LastAgreedStep">Snapshots of later steps may hold the same fault.</param>
/// <param name="Step">The step whose digest differed; its digest is reported once more on the way.</param>
public sealed record Refold(long LastAgreedStep, long Step) : CoordinatorMessage;

/// <summary>The run is at its end.</summary>
/// <param name="Step">Whose weights are written.</param>
/// <param name="Chain">The chain hash there.</param>
/// <param name="Outcome">Why it ended.</param>
public sealed record Finish(long Step, ChainHash Chain, RunOutcome Outcome) : CoordinatorMessage;
