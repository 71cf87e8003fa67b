using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>What a part of a trace comes to; times are nanoseconds.</summary>
public sealed record TraceReport
{
    public required TraceWindow Window { get; init; }

    /// <summary>Tracks in order.</summary>
    public required IReadOnlyList<TrackReport> Tracks { get; init; }

    /// <summary>What idle kernels waited for, what cost most first; together <see cref="Idle"/>.</summary>
    public required IReadOnlyList<TraceWait> Waits { get; init; }

    /// <summary>Steps that are in it whole, or that begin in it.</summary>
    public required IReadOnlyList<TracedStep> Steps { get; init; }

    /// <summary>How long transfers took; those of two streams at the same time count twice.</summary>
    public long Transfers => Tracks.Sum(track => track.Transfers);

    /// <summary>How long transfers took while kernels of their device ran.</summary>
    public long Hidden => Tracks.Sum(track => track.Hidden);

    /// <summary>Bytes that were moved.</summary>
    public long Bytes => Tracks.Sum(track => track.Bytes);

    /// <summary>The share of the transfers' time that is hidden behind computing; null if nothing was moved, or nothing was computed.</summary>
    public double? Overlap => Transfers > 0 && ComputeTime > 0 ? (double)Hidden / Transfers : null;

    /// <summary>How long kernels did not run; of two devices at the same time it counts twice.</summary>
    public long Idle => Tracks.Where(track => track.Name.IsCompute).Sum(track => track.Idle);

    /// <summary>The share of the time in which kernels did not run; null if there is no track of kernels.</summary>
    public double? IdleShare => ComputeTime > 0 ? (double)Idle / ComputeTime : null;

    /// <summary>What a whole step took, on average; null if there is none.</summary>
    public double? StepNanoseconds
    {
        get
        {
            var whole = Steps.Where(step => step.IsWhole && step.End <= Window.End).ToList();
            return whole.Count > 0 ? whole.Average(step => (double)(step.End - step.Begin)) : null;
        }
    }

    private long ComputeTime => Tracks.Count(track => track.Name.IsCompute) * Window.Nanoseconds;
}

/// <summary>What one track did in a part of a trace; times are nanoseconds.</summary>
public sealed record TrackReport
{
    public required TrackName Name { get; init; }

    /// <summary>Its spans in order, cut to the part; none if it did nothing there.</summary>
    public required IReadOnlyList<TraceSpan> Spans { get; init; }

    /// <summary>How long it did something.</summary>
    public required long Busy { get; init; }

    /// <summary>How long it did nothing.</summary>
    public required long Idle { get; init; }

    /// <summary>How long it moved bytes.</summary>
    public required long Transfers { get; init; }

    /// <summary>How long it moved bytes while kernels of its device ran.</summary>
    public required long Hidden { get; init; }

    /// <summary>Bytes that it moved.</summary>
    public required long Bytes { get; init; }

    /// <summary>Where a track of kernels did nothing, in order; empty for others.</summary>
    public required IReadOnlyList<TraceGap> Gaps { get; init; }

    /// <summary>Bytes in a second of moving them, in billions; null if it moved none.</summary>
    public double? GigabytesPerSecond => Transfers > 0 ? (double)Bytes / Transfers : null;
}
