namespace DistZO.Cli.Planning;

/// <summary>One thing that a step keeps busy.</summary>
/// <param name="Resource"><c>compute</c>, <c>upload</c>, <c>write-back</c>, <c>gather</c>, <c>disk</c> or <c>host fold</c>.</param>
/// <param name="Seconds">How long, a step; of several slots that which is busy longest.</param>
internal readonly record struct BusyTime(string Resource, double Seconds);

/// <summary>Bytes that move a step, on average over the steps.</summary>
/// <param name="Upload">From the host to each slot.</param>
/// <param name="WriteBack">From each slot to the host.</param>
/// <param name="Gather">To each slot from the others.</param>
/// <param name="DiskRead">From the disk.</param>
/// <param name="DiskWrite">To the disk.</param>
internal sealed record StepTraffic(
    IReadOnlyList<double> Upload, IReadOnlyList<double> WriteBack, IReadOnlyList<double> Gather, double DiskRead, double DiskWrite);

/// <summary>How long a step takes, and why.</summary>
/// <param name="StepSeconds">One step, on average, once the run is under way.</param>
/// <param name="Busy">What is busy, and how long; only what is used at all, compute first.</param>
/// <param name="Traffic">What moves.</param>
internal sealed record StepPrediction(double StepSeconds, IReadOnlyList<BusyTime> Busy, StepTraffic Traffic)
{
    /// <summary>The resource that is busy longest: a faster one would help most.</summary>
    public string Bottleneck => Busy.MaxBy(busy => busy.Seconds).Resource;

    /// <summary>What of the step is waiting of one for the other, which no overlap hides: the step without its longest busy time.</summary>
    public double WaitSeconds => Math.Max(0, StepSeconds - Busy.Max(busy => busy.Seconds));

    /// <summary>The share of the time of all transfers that passes while kernels run; 1 where nothing moves.</summary>
    public double Overlap
    {
        get
        {
            var moving = Busy.Skip(1).Sum(busy => busy.Seconds);
            return moving == 0 ? 1 : Math.Clamp(1 - ((StepSeconds - Busy[0].Seconds) / moving), 0, 1);
        }
    }
}
