using System.Diagnostics;
using DistZO.Devices.Cpu;

namespace DistZO.Cli.Benchmarks;

/// <summary>The times that a speedup and its limit are made of; medians over the rounds.</summary>
/// <param name="cases">How many runs of two workers there are.</param>
/// <param name="parameters">Weights of the model.</param>
internal sealed class ScalingTerms(int cases, long parameters)
{
    private readonly List<double> _alone = [];
    private readonly List<double>[] _pairs = [.. Enumerable.Range(0, cases).Select(_ => new List<double>())];
    private readonly List<double> _z = [];

    /// <summary>A step of one worker on one core.</summary>
    public double T1 => Median(_alone);

    /// <summary>A step of two.</summary>
    public double T2(int index) => Median(_pairs[index]);

    /// <summary>z of a step on one core: each direction's once for both probes, and once more when the commit is folded.</summary>
    public double Z(int directions) => 2 * directions * parameters * Median(_z);

    public void AddAlone(double seconds) => _alone.Add(seconds);

    public void AddPair(int index, double seconds) => _pairs[index].Add(seconds);

    /// <summary>Measures z on both cores at once.</summary>
    public void MeasureZ(CpuLimits limits)
    {
        limits.Perturb();
        var began = Stopwatch.GetTimestamp();
        var weights = limits.Perturb();
        // Two cores shared the work.
        _z.Add(Stopwatch.GetElapsedTime(began).TotalSeconds * 2 / weights);
    }

    public static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
