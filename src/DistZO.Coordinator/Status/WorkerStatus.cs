using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>What a worker is doing.</summary>
public enum WorkerState
{
    /// <summary>Opens its model and its data.</summary>
    Joining,

    /// <summary>Replays the steps that it missed.</summary>
    CatchingUp,

    /// <summary>Computes a share, or held-out rows.</summary>
    Working,

    /// <summary>Waits: for the step's other shares, or as a backup.</summary>
    Idle,

    /// <summary>No progress for longer than its work should take.</summary>
    Hung,

    /// <summary>Its weights differed: it folds again from the base and gets no work.</summary>
    Quarantined,

    /// <summary>Has done all that was to be done.</summary>
    Finished,

    /// <summary>Is not connected any more.</summary>
    Gone,
}

/// <summary>A worker as it is at one moment: an element of <c>/v1/workers</c>. Names and words come from workers: show them as text.</summary>
public sealed record WorkerStatus
{
    public required ulong Session { get; init; }

    public required string Name { get; init; }

    /// <summary>The worker process, over reconnects.</summary>
    public required string WorkerId { get; init; }

    public required WorkerState State { get; init; }

    /// <summary>Its place in the split of the step in flight; null without a share.</summary>
    public GridPlace? Place { get; init; }

    /// <summary>The share that it computes, or computed last in the step in flight.</summary>
    public Share? Share { get; init; }

    public bool IsBackup { get; init; }

    /// <summary>The held-out rows that it computes.</summary>
    public RowRange? Rows { get; init; }

    public string? Device { get; init; }

    public int? Threads { get; init; }

    /// <summary>Its weights are folded up to this step, as last heard.</summary>
    public long? FoldedStep { get; init; }

    /// <summary>Committed steps that its weights lack, as last heard.</summary>
    public long? Lag { get; init; }

    /// <summary>Cells (one probe of one sample) a second, of late.</summary>
    public double? CellsPerSecond { get; init; }

    /// <summary>Time of its last share.</summary>
    public double? ShareSeconds { get; init; }

    /// <summary>Shares that it reported in this session.</summary>
    public long Shares { get; init; }

    /// <summary>Since its last sign of life.</summary>
    public double SilentSeconds { get; init; }

    public long? ResidentBytes { get; init; }

    public long BytesUp { get; init; }

    public long BytesDown { get; init; }

    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The last thing that was said by it, or about it.</summary>
    public string LastWords { get; init; } = "";
}

/// <summary>Rows from Start up to before End.</summary>
public readonly record struct RowRange(int Start, int End)
{
    /// <summary>How many they are.</summary>
    public int Count => End - Start;
}
