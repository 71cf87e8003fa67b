using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

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

    /// <summary>Bytes that a step takes with all layers in host memory.</summary>
    public TierPlan Tiers(ModelPart part, BenchmarkOptions options) => Of(part, options, OffloadTier.Host, 1)[0].Tiers;

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
            // The last one is not read.
            Tokens = options.Tokens - 1,
            Offload = tier,
            WriteBackSteps = tier == OffloadTier.None ? null : options.WriteBackSteps ?? 1,
        });
    }
}
