using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Benchmarks.Gpu;

/// <summary>What is predicted of a step before it runs, from measured rates and shapes.</summary>
/// <param name="rates">Of the GPU.</param>
internal sealed class GpuPlan(GpuRates rates)
{
    /// <summary>Operations a second of products of the step's tokens; that of <see cref="GpuRates"/> unless it was measured.</summary>
    public double Product { get; init; } = rates.Product;

    /// <summary>Seconds of a step.</summary>
    /// <param name="part">The model.</param>
    /// <param name="options">Batch, tokens, K.</param>
    /// <param name="tier">Where the layers are.</param>
    public double StepSeconds(ModelPart part, BenchmarkOptions options, OffloadTier tier) => Of(part, options, tier, 1)[0].Prediction.StepSeconds;

    /// <summary>How much faster than one device N are that share the layers, in the fastest split of each.</summary>
    public IEnumerable<(int Devices, double Speedup)> Speedups(ModelPart part, BenchmarkOptions options)
    {
        var plans = Of(part, options, OffloadTier.Host, 8);
        foreach (var devices in new[] { 2, 4, 8 })
            yield return (devices, plans[0].Prediction.StepSeconds / plans.Where(plan => plan.Devices == devices).Min(plan => plan.Prediction.StepSeconds));
    }

    /// <summary>Bytes that the passes of a step take besides weights and buffers.</summary>
    public static long WorkingBytes(Device device, ModelPart part, BenchmarkOptions options)
    {
        var probes = new[] { new Probe(1, 1e-3f), new Probe(1, -1e-3f) };
        var (length, samples) = (options.Tokens - 1, Math.Max(1, Math.Min(options.Batch, ShareExecutor.MaxTokensPerPass / (2 * (options.Tokens - 1)))));
        var tokens = length * samples;
        using var imagined = device.OpenImagined()!;
        return WorkingMemory.Of(
            imagined, part, part.Tensors.ToDictionary(tensor => tensor.Name, _ => options.WeightsType), null, [new PassSize(probes, samples, tokens, length, tokens, tokens)]);
    }

    private IReadOnlyList<Plan> Of(ModelPart part, BenchmarkOptions options, OffloadTier tier, int devices)
    {
        // What does not fit on this GPU is planned for one that it does: times are asked for here.
        var profile = rates.Profile("this GPU", Product) with { Memory = long.MaxValue / 4 };
        return Planner.Compare(new PlanRequest
        {
            Model = new ModelSize(part, options.WeightsType, options.WeightsType),
            Device = profile,
            Links = [(profile.UploadRate, profile.DownloadRate)],
            Budget = new MemoryBudget(profile.Memory, null, null),
            Devices = devices,
            BatchSize = options.Batch,
            Tokens = options.Tokens,
            Offload = tier,
            WriteBackSteps = tier == OffloadTier.None ? null : options.WriteBackSteps ?? 1,
        });
    }
}
