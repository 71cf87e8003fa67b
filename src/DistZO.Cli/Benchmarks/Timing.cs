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
    public static Timing Of(Action work, double warmSeconds = 0.5) => Of([work], warmSeconds)[0];

    /// <summary>
    /// Measures several things in turn, again and again, and not one after the other: whatever else the machine does then weighs on all
    /// of them, and their ratios stay fair.
    /// </summary>
    /// <param name="works">What to measure.</param>
    /// <param name="warmSeconds">At least so long for warming up, for each of them.</param>
    /// <param name="repeats">Measured repeats; an odd number, so that the median is one of them.</param>
    public static Timing[] Of(Action[] works, double warmSeconds = 0.3, int repeats = 11)
    {
        foreach (var work in works)
        {
            var warm = Stopwatch.StartNew();
            do work(); while (warm.Elapsed.TotalSeconds < warmSeconds);
        }

        var seconds = works.Select(_ => new double[repeats]).ToArray();
        var allocated = new long[works.Length];
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            for (var i = 0; i < works.Length; i++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                var began = Stopwatch.GetTimestamp();
                works[i]();
                seconds[i][repeat] = Stopwatch.GetElapsedTime(began).TotalSeconds;
                allocated[i] += GC.GetTotalAllocatedBytes(precise: true) - before;
            }
        }

        return [.. seconds.Select((one, i) => new Timing(Median(one), allocated[i] / (double)repeats))];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
