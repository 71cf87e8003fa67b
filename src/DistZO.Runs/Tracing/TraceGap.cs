using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>Kernels did not run.</summary>
/// <param name="Begin">From here on.</param>
/// <param name="End">Up to here.</param>
/// <param name="Causes">What was waited for, one after the other, the last first; together as long as the gap.</param>
public sealed record TraceGap(long Begin, long End, IReadOnlyList<TraceCause> Causes)
{
    public long Nanoseconds => End - Begin;
}

/// <summary>What kernels waited for in a gap, or in a part of it.</summary>
/// <param name="Begin">From here on.</param>
/// <param name="End">Up to here.</param>
/// <param name="For">The transfer, or what the host waited for; null if none in the trace explains it.</param>
/// <param name="IsEnd">Whether no kernel ran after it.</param>
public readonly record struct TraceCause(long Begin, long End, TraceSpan? For, bool IsEnd)
{
    public long Nanoseconds => End - Begin;

    /// <summary>All of it that is within a part of the trace.</summary>
    public TraceCause Within(TraceWindow window) => this with { Begin = Math.Max(Begin, window.Begin), End = Math.Min(End, window.End) };
}

/// <summary>What kernels waited for, all its times together.</summary>
/// <param name="Track">The stream; null for whatever the trace does not hold.</param>
/// <param name="Name">What it moved; null as <paramref name="Track"/>.</param>
/// <param name="IsEnd">Whether no kernel ran after it.</param>
/// <param name="Nanoseconds">How long.</param>
/// <param name="Times">How often.</param>
public sealed record TraceWait(string? Track, string? Name, bool IsEnd, long Nanoseconds, int Times)
{
    /// <summary>For people: <c>upload of model.layers.3</c>.</summary>
    public string Words => Track is null
        ? IsEnd ? "the end of the trace" : "something that is not in the trace"
        : Name is null ? Track : TrackName.Of(Track).IsHost ? $"{Track}: {Name}" : $"{Track} of {Name}";
}
