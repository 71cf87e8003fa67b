using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>One worker's connection, as the coordinator sees it. Only <see cref="RunEngine"/> changes it.</summary>
public sealed class Session
{
    internal Session(ulong number, IWorkerLink link, long now, DateTimeOffset connectedAt) =>
        (Number, Link, Since, HeardAt, ProgressAt, ConnectedAt) = (number, link, now, now, now, connectedAt);

    /// <summary>Its number, from 1; never used again by this start of the coordinator.</summary>
    public ulong Number { get; }

    internal IWorkerLink Link { get; }

    internal DateTimeOffset ConnectedAt { get; }

    /// <summary>The same as a timestamp.</summary>
    internal long Since { get; }

    /// <summary>Whether it has introduced itself.</summary>
    internal bool IsGreeted { get; set; }

    internal string WorkerId { get; set; } = "";

    /// <summary>For people. Comes from the worker: text, never markup.</summary>
    internal string Name { get; set; } = "?";

    /// <summary>What it said once it had opened model and data; null before.</summary>
    internal Ready? Ready { get; set; }

    /// <summary>Records that it has or was sent.</summary>
    internal long KnownSteps { get; set; }

    /// <summary>Its weights are folded up to this step, as last heard.</summary>
    internal long FoldedStep { get; set; }

    /// <summary>It lacks more steps than a share folds in passing.</summary>
    internal bool IsCatchingUp { get; set; }

    /// <summary>Its connection has not ended.</summary>
    internal bool IsConnected { get; set; } = true;

    internal bool IsHung { get; set; }

    /// <summary>Where it stood when it hung over its work: a heartbeat that says no more shows no life. Null if it was only silent.</summary>
    internal long? StuckAt { get; set; }

    internal bool HasFinished { get; set; }

    /// <summary>The disagreement that it folds again for; null if its weights are believed.</summary>
    internal DigestRound? Quarantine { get; set; }

    internal bool WasToldToFinish { get; set; }

    /// <summary>The share that it computes.</summary>
    internal Assignment? Assignment { get; set; }

    /// <summary>The held-out rows that it computes.</summary>
    internal RowRange? Rows { get; set; }

    /// <summary>When it was given what it computes, and how long that should take.</summary>
    internal long GivenAt { get; set; }

    internal double PredictedSeconds { get; set; }

    /// <summary>What a held-out row took of late; null before its first.</summary>
    internal double? RowSeconds { get; set; }

    /// <summary>The last step at which its weights were those of the others; 0 before they were compared.</summary>
    internal long AgreedStep { get; set; }

    /// <summary>Directions of the commits that its share folds in passing.</summary>
    internal int FoldedDirections { get; set; }

    internal SpeedEstimate Speed { get; set; } = new(0);

    internal long HeardAt { get; set; }

    internal long Progress { get; set; }

    internal long ProgressAt { get; set; }

    internal long ResidentBytes { get; set; }

    internal long Shares { get; set; }

    internal double? ShareSeconds { get; set; }

    internal string LastWords { get; set; } = "";

    /// <summary>It has said who it is, and not yet what it has.</summary>
    internal bool IsWelcome => WorkerId.Length > 0 && Ready is null;

    internal bool IsBusy => Assignment is not null || Rows is not null;

    /// <summary>Whether it may be given work.</summary>
    internal bool IsEligible => Ready is not null && !IsCatchingUp && !IsHung && Quarantine is null && !HasFinished;
}
