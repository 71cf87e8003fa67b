using System.Diagnostics;

namespace DistZO.Cli.Benchmarks;

/// <summary>How long something took, warm.</summary>
/// <param name="Seconds">The median over the repeats.</param>
/// <param name="AllocatedBytes">Managed memory that one repeat allocated, on all threads; an average.</param>
internal readonly record struct Timing(double Seconds, double AllocatedBytes)
{
    /// <summary>Repeats <paramref name="work"/> without measuring for a while, then measures it.</summary>
    /// <param name="work">What to measure.</param>
    /// <param name="warmSeconds">At least so long for warming up: code is compiled, caches fill, clocks settle.</param>
    /// <param name="repeats">Measured repeats; an odd number, so that the median is one of them.</param>
    public static Timing Of(Action work, double warmSeconds = 0.5, int repeats = 9)
    {
        var clock = Stopwatch.StartNew();
        do work(); while (clock.Elapsed.TotalSeconds < warmSeconds);
        var seconds = new double[repeats];
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < repeats; i++)
        {
            clock.Restart();
            work();
            seconds[i] = clock.Elapsed.TotalSeconds;
        }

        return new Timing(Median(seconds), (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)repeats);
    }

    /// <summary>The middle value; orders them.</summary>
    public static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
