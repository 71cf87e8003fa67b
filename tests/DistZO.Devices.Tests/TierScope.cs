using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Tests;

/// <summary>Tests that set the tier of the process run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SimdTierCollection
{
    public const string Name = "SIMD tier";
}

/// <summary>Sets the tier, and sets it back when disposed.</summary>
internal sealed class TierScope : IDisposable
{
    private readonly SimdTier _before = SimdSupport.Tier;

    public TierScope(SimdTier tier) => SimdSupport.Tier = tier;

    /// <summary>The vector tiers of this processor, by name, for theories.</summary>
    public static TheoryData<string> VectorTiers() =>
        new(Enum.GetValues<SimdTier>().Where(t => t > SimdTier.Scalar && t <= SimdSupport.Best).Select(t => t.ToString()));

    public static TierScope Parse(string tier) => new(Enum.Parse<SimdTier>(tier));

    public void Dispose() => SimdSupport.Tier = _before;
}
