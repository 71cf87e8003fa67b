using System.Diagnostics;

namespace DistZO.Devices;

/// <summary>The clock of trace spans.</summary>
public static class TraceClock
{
    /// <summary>Now, in nanoseconds.</summary>
    public static long Now => Nanoseconds(Stopwatch.GetTimestamp());

    /// <summary>A timestamp of <see cref="Stopwatch"/> in nanoseconds.</summary>
    public static long Nanoseconds(long timestamp) => (long)((Int128)timestamp * 1_000_000_000 / Stopwatch.Frequency);
}
