using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>What a trace file holds; times are nanoseconds of its clock.</summary>
public sealed record TraceContents
{
    public required string Path { get; init; }

    /// <summary>In the order in which they began; at least one.</summary>
    public required IReadOnlyList<TraceSpan> Spans { get; init; }

    /// <summary>Steps in order, numbered from 1. The last may be incomplete.</summary>
    public required IReadOnlyList<TracedStep> Steps { get; init; }

    /// <summary>For people: the limit at which the trace ends before its run; null for none.</summary>
    public required string? Limit { get; init; }

    /// <summary>Whether the file has no end: its run was killed, or still goes on.</summary>
    public required bool IsCut { get; init; }

    /// <summary>When the first span or step begins.</summary>
    public required long Begin { get; init; }

    /// <summary>When the last span ends.</summary>
    public required long End { get; init; }
}

/// <summary>A step of a trace: from its beginning to that of the next, with whatever was between the two.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Begin">When it began.</param>
/// <param name="End">When the next began, or the trace ended.</param>
/// <param name="IsWhole">Whether it ended before the trace did.</param>
public readonly record struct TracedStep(int Step, long Begin, long End, bool IsWhole);
