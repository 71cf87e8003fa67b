using DistZO.Devices.Cpu;
using DistZO.Optimization;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A whole training step. The limits are the device's own matrix product and its own z, measured in turn with the steps in the same
/// process.
/// </summary>
internal static class StepBenchmark
{
    private const int WarmUpSteps = 2;
    private const int DefaultSteps = 5;
    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        // Rows that one packed panel is multiplied by: a probe's, or both probes' where the weights are frozen.
        var isFull = options.Train.Kind == TrainedPartKind.Full;
        var fewRows = isFull ? 128 : 2 * options.Batch * options.Tokens;
        using var device = CpuDevice.Open(options.Threads);
        using var steps = new TrainingSteps(device, options);
        for (var i = 0; i < WarmUpSteps; i++) steps.Next();

        // Before the buffers of what it is compared with.
        var resident = ProcessMemory.Peak();
        using var limits = new CpuLimits(options.Threads);
        using var product = new MatrixProduct(device, 1024, 768, 3072);
        using var productOfFewRows = new MatrixProduct(device, fewRows, 768, 3072);
        product.LayOut();
        productOfFewRows.LayOut();
        long normals = 0;
        var timings = Timing.Of(
            [product.Multiply, productOfFewRows.Multiply, () => normals = limits.Perturb(), steps.Next],
            warmSeconds: 0.2,
            options.Steps ?? DefaultSteps);
        var step = timings[3];
        var gemm = product.Operations / timings[0].Seconds;
        var gemmOfFewRows = productOfFewRows.Operations / timings[1].Seconds;
        var z = normals / timings[2].Seconds;
        var rate = steps.Operations / step.Seconds;

        // z is made once for both probes, and once more when the commit is folded.
        var zSeconds = 2 * steps.Trained / z;
        var parts = (steps.Operations / gemmOfFewRows) + zSeconds;
        var tokens = (double)options.Batch * options.Tokens / step.Seconds;
        var weights = steps.Parameters * sizeof(float);
        return new BenchmarkResult("step")
            .With("device", device.Description)
            .With("shape", options.Shape)
            .With("train", $"{options.Train}")
            .With("parameters", steps.Parameters)
            .With("batch", options.Batch)
            .With("tokens", options.Tokens)
            .With("threads", options.Threads)
            .With("step_seconds", step.Seconds, 5)
            .With("tokens_per_second", tokens, 1)
            .With("gflops", rate / 1e9, 2)
            .With("gemm_gflops", gemm / 1e9, 2)
            .With("ratio", rate / gemm, 4)
            .With("few_rows", fewRows)
            .With("gemm_gflops_few_rows", gemmOfFewRows / 1e9, 2)
            .With("ratio_few_rows", rate / gemmOfFewRows, 4)
            .With("normals_per_second", z, 0)
            .With("z_share", zSeconds / step.Seconds, 4)
            .With("step_over_parts", step.Seconds / parts, 4)
            .With("resident_mb", resident / 1e6, 1)
            .With("weights_mb", weights / 1e6, 1)
            .With("allocated_bytes", step.AllocatedBytes, 0)
            .Say($"{options.Shape}, {options.Batch} × {options.Tokens} tokens: {tokens:0} tokens/s, {step.Seconds:0.000} s a step")
            .Say($"{rate / 1e9:0.0} GF/s, {rate / gemm:0.0%} of the {gemm / 1e9:0.0} GF/s of its matrix product (at 16 × 64: at least 85%)")
            .Say($"z takes {zSeconds / step.Seconds:0.0%}: two of {z / 1e9:0.00} G normals/s")
            .Say($"{rate / gemmOfFewRows:0.0%} of the {gemmOfFewRows / 1e9:0.0} GF/s at {fewRows} rows (with --train lora at 2 × 64: at least 85%)")
            .Say($"{step.Seconds / parts:0.00} × (products at {fewRows} rows, {gemmOfFewRows / 1e9:0.0} GF/s, and z) (at 2 × 64: at most 1.25)")
            .Say($"{resident / 1e6:0} MB resident, of which weights {weights / 1e6:0} MB (at 2 × 64: at most {(isFull ? 150 : 120)} MB more)")
            .Say($"{step.AllocatedBytes:0} bytes allocated a step");
    }
}
