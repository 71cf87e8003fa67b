using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Devices.Cuda;
using DistZO.Models;

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

    public static IEnumerable<BenchmarkResult> Run(BenchmarkOptions options)
    {
        if (CudaDevice.Count == 0) throw new BadInputException("bench gpu needs a GPU, and there is none; 'distzo doctor' tells what is missing");
        yield return Limits();
        yield return Bits(options);
        foreach (var (batch, tokens) in options.GpuShape is null ? [(1, 2048), (16, 64), (16, 512)] : new[] { (options.Batch, options.Tokens) })
            yield return Try(() => Resident(options with { Shape = options.GpuShape ?? "opt-1.3b", Batch = batch, Tokens = tokens, WeightsType = WeightType.Float16 }));
        foreach (var shape in options.GpuShape is null ? ["opt-1.3b", "opt-6.7b", "opt-13b", .. Aliased] : new[] { options.GpuShape })
        {
            var (batch, tokens) = options.GpuShape is null ? (1, 2048) : (options.Batch, options.Tokens);
            yield return Try(() => Offloaded(options with { Shape = shape, Batch = batch, Tokens = tokens, WeightsType = WeightType.Float16 }));
        }
    }

    private static BenchmarkResult Limits()
    {
        using var device = Open();
        var limits = new GpuLimits(device);
        var free = device.FreeMemory!.Value;
        var copied = limits.CopyBytes(Math.Min(1L << 30, free / 8));
        var side = free > 8L << 30 ? 4096 : 256;
        var product = limits.ProductOperations(side, side, side, WeightType.Float16);
        var perturbed = limits.Perturbed(side, side, WeightType.Float16);
        var folded = limits.Folded(side * 4, side * 4, WeightType.Float16);
        var host = CopyRates.Host(0);

        // A weight is read once and written for both probes, or read and written.
        double perturbedBytes = perturbed * 6, foldedBytes = folded * 4;
        return new BenchmarkResult("gpu")
            .With("device", device.Description)
            .With("copy_bytes_per_second", copied, 0)
            .With("product_flops", product, 0)
            .With("perturbed_per_second", perturbed, 0)
            .With("folded_per_second", folded, 0)
            .With("upload_bytes_per_second", host.Up, 0)
            .With("download_bytes_per_second", host.Down, 0)
            .Say($"{device.Description}: copies {copied / 1e9:0} GB/s within its memory, {host.Up / 1e9:0.0} GB/s from pinned host memory, {host.Down / 1e9:0.0} back")
            .Say($"cuBLASLt {product / 1e12:0.0} TFLOP/s in float16 ({side} × {side} × {side})")
            .Say($"perturbs {perturbed / 1e9:0.0} G weights/s for both probes, {perturbedBytes / copied:0%} of the memory's rate; folds {folded / 1e9:0.0} G/s, {foldedBytes / copied:0%} (at least 80%, or of the integer rate)");
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

    private static BenchmarkResult Resident(BenchmarkOptions options)
    {
        using var device = Open();
        var product = new GpuLimits(device).ProductOperations(options.Batch * options.Tokens, 2048, 8192, WeightType.Float16);
        using var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, null));
        var seconds = Median(Times(options, steps.Next));
        var rate = steps.Operations / seconds;
        return Step("gpu step", options, seconds, device)
            .With("flops", rate, 0)
            .With("product_flops", product, 0)
            .With("ratio", rate / product, 4)
            .Say($"{rate / 1e12:0.0} TFLOP/s, {rate / product:0%} of cuBLASLt's {product / 1e12:0.0} for {options.Batch * options.Tokens} tokens × 2048 × 8192 (at 16 × 512: at least 70%)");
    }

    private static BenchmarkResult Offloaded(BenchmarkOptions options)
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
        BenchmarkResult result;
        long streamed;
        using (var device = Open())
        {
            using var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, offloading));
            seconds = Median(Times(options, steps.Next));
            moving = Moving(options, steps.Model, device);
            streamed = steps.Model.StreamedBytes.All;
            result = Step(isAliased ? "gpu aliased" : "gpu host", options, seconds, device);
            if (PeakOfZo2.TryGetValue(options.Shape, out var peak))
                result.With("peak_ratio", device.PeakBytes / peak, 4).Say($"peak {device.PeakBytes / peak:0.00} × ZO2's published {peak / 1e9:0.00} GB (at most 0.50)");
        }

        var computing = Computing(options);
        var limit = Math.Max(moving, computing ?? 0);
        return result
            .With("moving_seconds", moving, 5)
            .With("computing_seconds", computing ?? double.NaN, 5)
            .With("ratio", seconds / limit, 4)
            .Say($"moving alone {moving:0.000} s ({streamed / moving / 1e9:0.0} GB/s up), computing alone {(computing is { } alone ? $"{alone:0.000} s" : "not measured: it does not fit")}: {seconds / limit:0.00} × the longer (at most 1.05)")
            .Say($"{(isAliased ? "all layers lie in the memory of one: time and memory only" : "layers are written back at each step")}");
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
