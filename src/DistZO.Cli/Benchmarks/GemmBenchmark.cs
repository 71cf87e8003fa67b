using DistZO.Devices.Cpu;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// The device's matrix product alone, the time included that brings row-major activations into the device's layout. The limit is what
/// the same threads reach at the same moments with fused multiply-adds on registers.
/// </summary>
internal static class GemmBenchmark
{
    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var device = CpuDevice.Open(options.Threads);
        using var limits = new CpuLimits(options.Threads);
        using var product = new MatrixProduct(device, options.Rows, options.Inner, options.Columns);
        long registerOperations = 0;
        var timings = Timing.Of([product.LayOutAndMultiply, product.LayOut, () => registerOperations = limits.MultiplyAdd()]);
        var (whole, layout) = (timings[0], timings[1]);
        var rate = product.Operations / whole.Seconds;
        var peak = registerOperations / timings[2].Seconds;
        var (share, layoutShare) = (rate / peak, layout.Seconds / whole.Seconds);
        return new BenchmarkResult("gemm")
            .With("device", device.Description)
            .With("threads", options.Threads)
            .With("rows", options.Rows)
            .With("inner", options.Inner)
            .With("columns", options.Columns)
            .With("gflops", rate / 1e9, 2)
            .With("peak_gflops", peak / 1e9, 2)
            .With("share_of_peak", share, 4)
            .With("layout_share", layoutShare, 4)
            .With("seconds", whole.Seconds, 6)
            .With("allocated_bytes", whole.AllocatedBytes, 0)
            .Say($"{options.Rows} × {options.Inner} × {options.Columns}: {rate / 1e9:0.0} GF/s")
            .Say($"{share:0.0%} of the {peak / 1e9:0.0} GF/s that the same threads reach on registers")
            .Say($"{layoutShare:0.0%} of the time brings the rows into the device's layout; {whole.AllocatedBytes:0} bytes allocated");
    }
}
