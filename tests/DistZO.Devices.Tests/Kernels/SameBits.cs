using DistZO.Devices.Cpu;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Tests.Kernels;

/// <summary>Runs a scenario on the reference device, which is the specification, and on the CPU device in each of its forms.</summary>
internal static class SameBits
{
    /// <summary>Fails where any vector tier, on one thread or several, gives other bytes than the reference device.</summary>
    public static void OnEveryTier(Func<Device, byte[]> run)
    {
        Skip.If(SimdSupport.Best == SimdTier.Scalar, "this processor has no vector instructions that .NET knows");
        byte[] expected;
        using (var reference = new ReferenceDevice()) expected = run(reference);
        Assert.NotEmpty(expected);
        foreach (var tier in VectorTiers)
        {
            foreach (var threads in new[] { 1, 3 }) Check(expected, tier, threads, run);
        }
    }

    /// <summary>Fails where the number of threads shows.</summary>
    public static void OnAnyThreads(Func<Device, byte[]> run)
    {
        using var one = CpuDevice.Open(1);
        var expected = run(one);
        Assert.NotEmpty(expected);
        foreach (var threads in new[] { 2, 3, 5 }) Check(expected, SimdSupport.Tier, threads, run);
    }

    /// <summary>The tiers of this processor that have vectors.</summary>
    public static IEnumerable<SimdTier> VectorTiers =>
        Enum.GetValues<SimdTier>().Where(tier => tier > SimdTier.Scalar && tier <= SimdSupport.Best);

    private static void Check(byte[] expected, SimdTier tier, int threads, Func<Device, byte[]> run)
    {
        using var scope = new TierScope(tier);
        using var device = CpuDevice.Open(threads);
        var actual = run(device);
        Assert.Equal(expected.Length, actual.Length);
        var equal = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(equal == expected.Length, $"{tier} on {threads} threads differs from byte {equal} of {expected.Length} on");
    }
}
