using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Devices.Cuda;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Cli.Benchmarks.Gpu;

/// <summary>
/// A GPU: its limits, steps of models that it holds, steps of models whose layers come from host memory, and whether it folds to the CPU's bits.
/// Everything runs unattended in some minutes; what does not fit is told and left out.
/// </summary>
internal static class GpuBenchmark
{
    private const int WarmUpSteps = 2;
    private const int DefaultSteps = 3;

    /// <summary>The peak of ZO2 at one sequence of 2,048 tokens in float16, in bytes (arXiv 2503.12668, table 2).</summary>
    private static readonly Dictionary<string, double> PeakOfZo2 = new()
    {
        ["opt-1.3b"] = 3.75e9,
        ["opt-6.7b"] = 4.99e9,
        ["opt-13b"] = 6.18e9,
        ["opt-30b"] = 8.86e9,
        ["opt-175b"] = 18.04e9,
    };

    /// <summary>Model shapes whose layers all lie in the memory of one, as no machine here holds them.</summary>
    private static readonly string[] Aliased = ["opt-30b", "opt-175b"];

    /// <summary>Bytes that OPT-30B may take where all of it stays on the GPU.</summary>
    private const double ResidentPeak = 80e9;

    /// <summary>What DistZO2 is said to gain on OPT-175B by several devices (arXiv 2507.03211).</summary>
    private const double SpeedupOfDistZo2 = 3;

    /// <summary>Rows as they are measured, so that a run that is cut off has said what it had.</summary>
    public static IEnumerable<BenchmarkResult> Run(BenchmarkOptions options)
    {
        if (CudaDevice.Count == 0) throw new BadInputException("bench gpu needs a GPU, and there is none; 'distzo doctor' tells what is missing");
        options = options with { WeightsType = WeightType.Float16 };
        GpuRates rates;
        using (var device = Open())
        {
            rates = GpuRates.Measure(device);
            yield return rates.Row(device.Description);
        }

        yield return Bits(options);
        var own = options.GpuShape;
        var sizes = own is null ? [(1, 2048), (16, 64), (16, 512)] : new[] { (options.Batch, options.Tokens) };
        foreach (var (batch, tokens) in sizes)
            yield return Try(() => Resident(options with { Shape = own ?? "opt-1.3b", Batch = batch, Tokens = tokens }, rates));
        var (sequences, length) = own is null ? (1, 2048) : sizes[0];
        foreach (var shape in own is null ? ["opt-1.3b", "opt-6.7b", "opt-13b", .. Aliased] : new[] { own })
            yield return Try(() => Offloaded(options with { Shape = shape, Batch = sequences, Tokens = length }, rates));
        if (own is null) yield return Try(() => Resident(options with { Shape = "opt-30b", Batch = sequences, Tokens = length }, rates));
        yield return Speedups(options with { Shape = own ?? "opt-175b", Batch = sequences, Tokens = length }, rates);
    }

    /// <summary>A prediction only: there is one GPU.</summary>
    private static BenchmarkResult Speedups(BenchmarkOptions options, GpuRates rates)
    {
        var row = new BenchmarkResult("gpu slices").With("shape", options.Shape).Say($"{options.Shape}, {options.Batch} × {options.Tokens} tokens, as planned from this GPU's rates, with an H100's fabric:");
        foreach (var (devices, speedup) in new GpuPlan(rates).Speedups(ModelPart.Full(ModelShapes.Find(options.Shape)), options))
        {
            row.With($"speedup_{devices}", speedup, 3)
                .Say($"{devices} devices {speedup:0.00} × one; DistZO2 states {SpeedupOfDistZo2:0} × for a number of devices that it does not give");
        }

        return row;
    }

    private static BenchmarkResult Bits(BenchmarkOptions options)
    {
        using var gpu = Open();
        using var cpu = CpuDevice.Open(options.Threads);
        var equal = Enum.GetValues<WeightType>().All(type => Folded(gpu, type) == Folded(cpu, type));
        return new BenchmarkResult("gpu bits").With("equal", equal ? "yes" : "no").Say($"weights folded on the GPU and on the CPU: {(equal ? "the same bits" : "DIFFERENT BITS")} in three formats");
    }

    private static UInt128 Folded(Device device, WeightType type)
    {
        var updates = new UpdateHistory();
        for (ulong step = 0; step < 5; step++) updates.Append(new WeightUpdate(0.999f, [new UpdateDirection(step, 0.01f), new UpdateDirection(step + 9, -0.02f)]));
        const int rows = 1021, columns = 1023;
        using var parameter = new Parameter("weights", [rows, columns], TensorRole.Matrix, 5, trainable: true, type, device.Allocate((long)rows * columns * type.Size()));
        device.Fold(parameter, updates, updates.Count);
        return device.Digest(parameter);
    }

    private static BenchmarkResult Resident(BenchmarkOptions options, GpuRates rates)
    {
        var (row, tokens) = ResidentSteps(options, rates);
        if (options.Peer is not { } peer || options.Shape == "opt-30b" || (options.Batch, options.Tokens) == (16, 512)) return row;
        var (others, problem) = PeerSteps.Run(peer, options);
        if (problem is not null) row.With("peer_problem", problem).Say($"{Path.GetFileName(peer)}: {problem}");
        return row.With("peer_tokens_per_second", others, 1).AtLeast("peer_ratio", tokens / others, 1.5, $"{tokens:0} tokens/s over {Path.GetFileName(peer)}'s {others:0}");
    }

    private static (BenchmarkResult Row, double TokensPerSecond) ResidentSteps(BenchmarkOptions options, GpuRates rates)
    {
        using var device = Open();
        var product = new GpuLimits(device).ProductOperations(options.Batch * options.Tokens, 2048, 8192, WeightType.Float16);
        using var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, null));
        var (placed, working) = (device.UsedBytes, new GpuPlan(rates).Tiers(steps.Model.Part, options).WorkingBytes);
        var seconds = Median(Times(options, steps.Next));
        var (rate, tokens) = (steps.Operations / seconds, options.Batch * (double)options.Tokens / seconds);
        var row = Step("gpu step", options, seconds, device)
            .With("flops", rate, 0)
            .With("product_flops", product, 0)
            .Predicted("peak_bytes", placed + working, device.PeakBytes, "peak in bytes, predicted")
            .Predicted("step_seconds", new GpuPlan(rates) { Product = product }.StepSeconds(steps.Model.Part, options, OffloadTier.None), seconds, "seconds, planned");
        var share = $"{rate / 1e12:0.0} TFLOP/s of cuBLASLt's {product / 1e12:0.0} for {options.Batch * options.Tokens} tokens × 2048 × 8192";
        if (options.GpuShape is not null || (options.Batch, options.Tokens) == (16, 512)) row.AtLeast("ratio", rate / product, 0.7, share);
        else row.With("ratio", rate / product, 4).Say($"{share}: {rate / product:0%}");
        if (options.Shape == "opt-30b") row.AtMost("resident_peak", device.PeakBytes / ResidentPeak, 1, "peak of all of it on the GPU, of 80 GB");
        return (row, tokens);
    }

    private static BenchmarkResult Offloaded(BenchmarkOptions options, GpuRates rates)
    {
        var isAliased = Aliased.Contains(options.Shape);
        var layers = ModelShapes.Find(options.Shape).Layers.Count;
        var offloading = new Offloading
        {
            Layers = Enumerable.Range(0, layers).ToHashSet(),
            WriteBackSteps = options.WriteBackSteps ?? 1,
            Open = (layouts, _) => isAliased ? new AliasedBlocks(layouts) : new HostBlocks(layouts),
        };
        double seconds, moving;
        BenchmarkResult row;
        long streamed;
        using (var device = Open())
        {
            using var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, offloading));
            var (placed, working) = (device.UsedBytes, new GpuPlan(rates).Tiers(steps.Model.Part, options).WorkingBytes);
            seconds = Median(Times(options, steps.Next));
            var peak = device.PeakBytes;
            moving = Moving(options, steps.Model, device);
            streamed = steps.Model.StreamedBytes.All;
            row = Step(isAliased ? "gpu aliased" : "gpu host", options, seconds, device)
                .With("context_bytes", Math.Max(0, device.TotalMemory - device.FreeMemory!.Value - device.UsedBytes))
                .Say($"{(isAliased ? "all layers lie in the memory of one: time and memory only" : "layers are written back at each step")}")
                .Predicted("peak_bytes", placed + working, peak, "peak in bytes, predicted")
                .Predicted("step_seconds", new GpuPlan(rates).StepSeconds(steps.Model.Part, options, OffloadTier.Host), seconds, "seconds, planned");
            if (PeakOfZo2.TryGetValue(options.Shape, out var published))
                row.AtMost("peak_ratio", peak / published, 0.5, $"peak over the {published / 1e9:0.00} GB that ZO2 publishes");
        }

        var computing = Computing(options);
        return row
            .With("moving_seconds", moving, 5)
            .With("computing_seconds", computing ?? double.NaN, 5)
            .Say($"moving alone {moving:0.000} s ({streamed / moving / 1e9:0.0} GB/s up), computing alone {(computing is { } alone ? $"{alone:0.000} s" : "not measured: it does not fit")}")
            .AtMost("ratio", seconds / Math.Max(moving, computing ?? 0), 1.05, computing is null ? "step over moving alone" : "step over the longer");
    }

    /// <summary>Seconds in which all layers come and go once, with nothing computed.</summary>
    private static double Moving(BenchmarkOptions options, Model model, CudaDevice device)
    {
        var count = options.Steps ?? DefaultSteps;
        model.MoveWithoutComputing();
        device.Synchronize();
        var began = TraceClock.Now;
        for (var i = 0; i < count; i++) model.MoveWithoutComputing();
        device.Synchronize();
        return (TraceClock.Now - began) * 1e-9 / count;
    }

    /// <summary>Seconds a step of the same model that stays on the device; null if it does not fit.</summary>
    private static double? Computing(BenchmarkOptions options)
    {
        try
        {
            using var device = Open();
            using var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, null));
            return Median(Times(options, steps.Next));
        }
        catch (RunFailedException)
        {
            return null;
        }
    }

    private static BenchmarkResult Step(string name, BenchmarkOptions options, double seconds, CudaDevice device)
    {
        var tokens = (double)options.Batch * options.Tokens / seconds;
        return new BenchmarkResult(name)
            .With("shape", options.Shape)
            .With("batch", options.Batch)
            .With("tokens", options.Tokens)
            .With("step_seconds", seconds, 5)
            .With("tokens_per_second", tokens, 1)
            .With("peak_bytes", device.PeakBytes)
            .Say($"{options.Shape} in float16, {options.Batch} × {options.Tokens} tokens: {seconds:0.0000} s a step, {tokens:0} tokens/s, at most {device.PeakBytes / 1e9:0.00} GB in use on the device");
    }

    private static BenchmarkResult Try(Func<BenchmarkResult> measure)
    {
        try
        {
            return measure();
        }
        catch (RunFailedException e)
        {
            return new BenchmarkResult("gpu skipped").With("problem", e.Message).Say($"left out: {e.Message}");
        }
    }

    private static CudaDevice Open() => CudaDevice.Open(0, () => CpuDevice.Open(1));

    private static double[] Times(BenchmarkOptions options, Action step)
    {
        for (var i = 0; i < WarmUpSteps; i++) step();
        var seconds = new double[options.Steps ?? DefaultSteps];
        for (var i = 0; i < seconds.Length; i++)
        {
            var began = TraceClock.Now;
            step();
            seconds[i] = (TraceClock.Now - began) * 1e-9;
        }

        return seconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
