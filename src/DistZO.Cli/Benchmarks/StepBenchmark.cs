using System.Diagnostics;
using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// Train's own step: two probes of random ids, the loss of every next token over the whole vocabulary, the commit, and its fold in the
/// visit of the step that follows. The limits are the device's own matrix product and its own z, measured in the same process.
/// </summary>
internal static class StepBenchmark
{
    private const int WarmUpSteps = 2;
    private const int DefaultSteps = 5;
    private const int FewRows = 128;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        var architecture = ModelShapes.Find(options.Shape);
        if (options.Tokens < 2 || options.Tokens > architecture.MaxPositions)
            throw new BadInputException($"--tokens: {options.Tokens} is not between 2 and {architecture.MaxPositions}, the positions of {options.Shape}");
        using var device = CpuDevice.Open(options.Threads);
        var (parameters, step) = Steps(device, architecture, options);
        var resident = ProcessMemory.Peak();

        var gemm = GemmBenchmark.Measure(device, 1024, 768, 3072).Rate;
        var gemmOfFewRows = GemmBenchmark.Measure(device, FewRows, 768, 3072).Rate;
        var z = PerturbBenchmark.Rate(options.Threads);
        var operations = Operations(architecture, options);
        var rate = operations / step.Seconds;

        // z is made once for both probes, and once more when the commit is folded.
        var zSeconds = 2 * parameters / z;
        var predicted = (operations / gemmOfFewRows) + zSeconds;
        var tokens = (double)options.Batch * options.Tokens / step.Seconds;
        var weights = parameters * sizeof(float);
        return new BenchmarkResult("step")
            .With("device", device.Description)
            .With("shape", options.Shape)
            .With("parameters", parameters)
            .With("batch", options.Batch)
            .With("tokens", options.Tokens)
            .With("threads", options.Threads)
            .With("step_seconds", step.Seconds, 5)
            .With("tokens_per_second", tokens, 1)
            .With("gflops", rate / 1e9, 2)
            .With("gemm_gflops", gemm / 1e9, 2)
            .With("ratio", rate / gemm, 4)
            .With($"gemm_gflops_{FewRows}_rows", gemmOfFewRows / 1e9, 2)
            .With("normals_per_second", z, 0)
            .With("z_share", zSeconds / step.Seconds, 4)
            .With("step_over_gemm_and_z", step.Seconds / predicted, 4)
            .With("resident_mb", resident / 1e6, 1)
            .With("weights_mb", weights / 1e6, 1)
            .With("allocated_bytes", step.AllocatedBytes, 0)
            .Say($"{options.Shape}, {options.Batch} × {options.Tokens} tokens: {tokens:0} tokens/s, {step.Seconds:0.000} s a step")
            .Say($"{rate / 1e9:0.0} GF/s, {rate / gemm:0.0%} of the {gemm / 1e9:0.0} GF/s of its matrix product alone; z takes {zSeconds / step.Seconds:0.0%}")
            .Say($"{step.Seconds / predicted:0.00} × (matrix products at {FewRows} rows: {gemmOfFewRows / 1e9:0.0} GF/s, and two z: {z / 1e9:0.00} G/s)")
            .Say($"{resident / 1e6:0} MB resident, weights {weights / 1e6:0} MB; {step.AllocatedBytes:0} bytes allocated a step");
    }

    private static (long Parameters, Timing Step) Steps(Device device, ModelArchitecture architecture, BenchmarkOptions options)
    {
        using var model = RandomModel.Create(device, architecture, options.Seed);
        var examples = Examples(architecture.VocabularySize, options);
        var recipe = Recipe.Default.With(RecipeKeys.BatchSize, options.Batch).With(RecipeKeys.Seed, options.Seed).Resolve(examples.Length);
        var updates = new UpdateHistory();
        var steps = new LocalSteps(recipe, examples, new ShareExecutor(model, updates));
        var seconds = new double[options.Steps ?? DefaultSteps];
        var allocated = 0L;
        for (var step = -WarmUpSteps; step < seconds.Length; step++)
        {
            if (step == 0) allocated = GC.GetTotalAllocatedBytes(precise: true);
            var clock = Stopwatch.GetTimestamp();
            updates.Append(steps.Compute(step + WarmUpSteps).ToUpdate());
            if (step >= 0) seconds[step] = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        }

        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return (model.ParameterCount, new Timing(Timing.Median(seconds), allocated / (double)seconds.Length));
    }

    /// <summary>Random ids; the tokens after the first are learned, as of a row of text.</summary>
    private static EncodedExample[] Examples(int vocabulary, BenchmarkOptions options)
    {
        var random = new Random((int)(options.Seed & int.MaxValue));
        var examples = new EncodedExample[4 * options.Batch];
        for (var i = 0; i < examples.Length; i++)
        {
            int[] ids = [.. Enumerable.Range(0, options.Tokens).Select(_ => random.Next(vocabulary))];
            examples[i] = new EncodedExample(ids[..1], [new EncodedOption(ids[1..], 0)], 0, i + 1);
        }

        return examples;
    }

    /// <summary>
    /// Floating-point operations of both probes: 2 for each weight of a matrix and row, and the causal half of attention's two products.
    /// A sequence's last token predicts nothing, so it has no row.
    /// </summary>
    private static double Operations(ModelArchitecture architecture, BenchmarkOptions options)
    {
        double matrices = architecture.Tensors.Where(tensor => tensor.Role == TensorRole.Matrix).Sum(Length);
        if (architecture.IsTied) matrices += Length(architecture.HeadMatrix);
        double length = options.Tokens - 1;
        var products = 2 * matrices * length;
        var attention = 2 * architecture.HiddenSize * length * (length + 1) * architecture.Layers.Count;
        return 2 * options.Batch * (products + attention);
    }

    private static double Length(TensorSpec tensor) => tensor.Shape.Aggregate(1.0, (product, n) => product * n);
}
