using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// The device's matrix product alone: rows × inner times inner × columns, weights read from memory and packed each time. The limit is
/// what the same threads reach with fused multiply-adds on registers.
/// </summary>
internal static class GemmBenchmark
{
    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var device = CpuDevice.Open(options.Threads);
        var gemm = Measure(device, options.Rows, options.Inner, options.Columns);
        var peak = Peak(options.Threads);
        return new BenchmarkResult("gemm")
            .With("device", device.Description)
            .With("threads", options.Threads)
            .With("rows", options.Rows)
            .With("inner", options.Inner)
            .With("columns", options.Columns)
            .With("gflops", gemm.Rate / 1e9, 2)
            .With("peak_gflops", peak / 1e9, 2)
            .With("share_of_peak", gemm.Rate / peak, 4)
            .With("layout_share", gemm.LayoutShare, 4)
            .With("seconds", gemm.Seconds, 6)
            .With("allocated_bytes", gemm.AllocatedBytes, 0)
            .Say($"{options.Rows} × {options.Inner} × {options.Columns}: {gemm.Rate / 1e9:0.0} GF/s, {gemm.Rate / peak:0.0%} of the {peak / 1e9:0.0} GF/s of registers alone")
            .Say($"bringing the rows into the device's layout takes {gemm.LayoutShare:0.0%} of it; {gemm.AllocatedBytes:0} bytes allocated");
    }

    /// <summary>The rate of one product, the time included that brings row-major activations into the device's layout.</summary>
    public static GemmRate Measure(Device device, int rows, int inner, int columns)
    {
        using var table = RandomModel.Tensor(device, new TensorSpec("activations", [rows, inner], TensorRole.Embedding), 0, 1);
        using var weight = RandomModel.Tensor(device, new TensorSpec("weight", [columns, inner], TensorRole.Matrix), 1, 1);
        using var x = device.CreateActivations(inner);
        using var y = device.CreateActivations(columns);
        int[] ids = [.. Enumerable.Range(0, rows)];
        var pass = new Pass
        {
            Tokens = ids,
            Sequences = [new TokenSequence(0, rows, 0, 0)],
            Probes = [Probe.Plain],
            Updates = new UpdateHistory(),
            Step = 0,
        };
        var layout = Timing.Of(Layout);
        var product = Timing.Of(() => device.Linear(pass, weight, null, x, y, Activation.None, accumulate: false));
        return new GemmRate(2.0 * rows * inner * columns, layout, product);

        void Layout() => device.Lookup(pass, table, ids, x, accumulate: false, foldsElsewhere: false);
    }

    /// <summary>Floating-point operations a second that the threads reach on registers.</summary>
    public static double Peak(int threads)
    {
        using var limits = new CpuLimits(threads);
        long operations = 0;
        var timing = Timing.Of(() => operations = limits.MultiplyAdd());
        return operations / timing.Seconds;
    }
}

/// <summary>How fast a matrix product was.</summary>
internal sealed record GemmRate(double Operations, Timing Layout, Timing Product)
{
    /// <summary>Seconds of one product and the layout of its input.</summary>
    public double Seconds => Layout.Seconds + Product.Seconds;

    /// <summary>Floating-point operations a second.</summary>
    public double Rate => Operations / Seconds;

    /// <summary>The layout's part of the time.</summary>
    public double LayoutShare => Layout.Seconds / Seconds;

    public double AllocatedBytes => Layout.AllocatedBytes + Product.AllocatedBytes;
}
