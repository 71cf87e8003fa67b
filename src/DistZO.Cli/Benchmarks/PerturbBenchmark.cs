using DistZO.Devices.Cpu;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// z, fused with the addition to the weights and with the packing, for both probes of a direction. The limit is the same loop without
/// z: what memory alone would allow.
/// </summary>
internal static class PerturbBenchmark
{
    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var limits = new CpuLimits(options.Threads);
        long weights = 0;
        var timings = Timing.Of([() => weights = limits.Perturb(), () => limits.Pack()]);
        var (rate, limit) = (weights / timings[0].Seconds, weights / timings[1].Seconds);
        return new BenchmarkResult("perturb")
            .With("threads", options.Threads)
            .With("normals_per_second", rate, 0)
            .With("packed_per_second_without_z", limit, 0)
            .With("allocated_bytes", timings[0].AllocatedBytes, 0)
            .Say($"{rate / 1e9:0.00} G normals/s, fused with the addition (required: 1 G on two cores; without z: {limit / 1e9:0.00} G/s)");
    }
}
