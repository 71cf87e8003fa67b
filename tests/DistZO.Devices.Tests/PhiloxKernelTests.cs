using DistZO.Devices.Cpu.Perturbation;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Tests;

/// <summary>Every vector tier of this processor against the scalar kernels, bit for bit.</summary>
[Collection(SimdTierCollection.Name)]
public unsafe class PhiloxKernelTests
{
    public static TheoryData<string> Tiers => TierScope.VectorTiers();

    /// <summary>Starts before, at and after where the counter's low word overflows (index 2³⁴) and other odd places.</summary>
    private static readonly long[] Starts =
        [0, 1, 2, 3, 5, 31, 32, 33, 63, 64, (1L << 32) - 7, 1L << 32,
            (1L << 34) - 33, (1L << 34) - 3, (1L << 34) + 1, (1L << 35) - 70, 1L << 40];

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Fill_AllTailsAndStarts_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        foreach (var start in Starts)
            for (var count = 0; count <= 70; count++) CheckFill(0x0123456789ABCDEF, 9, start, count);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Fill_MillionsOfValues_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        for (var i = 0; i < 8; i++) CheckFill(Philox.DirectionSeed(5, i, 0), (uint)i * 1000, (1L << 34) - 65_536 + i, 262_144);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Perturb_AllTailsStartsAndFormats_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        const int Room = 256;
        var weights = stackalloc byte[Room * 4];
        float* y0 = stackalloc float[72], y1 = stackalloc float[72];
        foreach (var type in Enum.GetValues<WeightType>())
        {
            SampleWeights.Fill(weights, type, Room);
            for (var start = 0; start < 70; start += 3)
            {
                for (var count = 0; count <= 70; count++)
                {
                    y0[count] = y1[count] = -7;
                    PerturbKernel.Pair(weights, type, 4, start, count, 77, 1e-3f, y0, -2e-3f, y1);
                    for (var i = 0; i < count; i++)
                    {
                        var x = WeightFormat.Read(weights, type, start + i);
                        var z = Gaussian.At(77, 4, start + i);
                        AssertBits(MathF.FusedMultiplyAdd(1e-3f, z, x), y0[i]);
                        AssertBits(MathF.FusedMultiplyAdd(-2e-3f, z, x), y1[i]);
                    }

                    Assert.Equal((-7f, -7f), (y0[count], y1[count]));
                    PerturbKernel.One(weights, type, 4, start, count, 78, 3e-3f, y0);
                    PerturbKernel.Plain(weights, type, start, count, y1);
                    for (var i = 0; i < count; i++)
                    {
                        var x = WeightFormat.Read(weights, type, start + i);
                        AssertBits(MathF.FusedMultiplyAdd(3e-3f, Gaussian.At(78, 4, start + i), x), y0[i]);
                        AssertBits(x, y1[i]);
                    }

                    Assert.Equal((-7f, -7f), (y0[count], y1[count]));
                }
            }
        }
    }

    /// <summary>A virtual base address stands for a tensor of 2³⁴ elements of which only the end exists.</summary>
    [Theory]
    [MemberData(nameof(Tiers))]
    public void Perturb_WhereTheCounterCarries_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        const int Count = 200;
        var start = (1L << 34) - 101;
        float* x = stackalloc float[Count], y = stackalloc float[Count];
        for (var i = 0; i < Count; i++) x[i] = i;
        PerturbKernel.One(x - start, WeightType.Float32, 4, start, Count, 77, 0.5f, y);
        for (var i = 0; i < Count; i++) AssertBits(MathF.FusedMultiplyAdd(0.5f, Gaussian.At(77, 4, start + i), i), y[i]);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Digest_AllTails_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        var data = new byte[4096];
        new Random(3).NextBytes(data);
        fixed (byte* p = data)
        {
            foreach (var first in new[] { 0, 3, (1L << 32) - 20 })
            {
                for (var bytes = 0; bytes <= 200; bytes++)
                    Assert.Equal(WeightsDigest.Sum(data.AsSpan(0, bytes), first, 12), DigestKernel.Sum(p, bytes, first, 12));
                Assert.Equal(WeightsDigest.Sum(data, first, 12), DigestKernel.Sum(p, data.Length, first, 12));
            }
        }
    }

    private static void CheckFill(ulong seed, uint ordinal, long start, int count)
    {
        var expected = new float[count];
        Gaussian.Fill(seed, ordinal, start, expected);
        var actual = new float[count + 1];
        actual[count] = -7;
        fixed (float* p = actual) GaussianKernel.Fill(seed, ordinal, start, p, count);
        for (var i = 0; i < count; i++) AssertBits(expected[i], actual[i]);
        Assert.Equal(-7f, actual[count]);
    }

    private static void AssertBits(float expected, float actual)
    {
        if (BitConverter.SingleToInt32Bits(expected) != BitConverter.SingleToInt32Bits(actual))
            Assert.Fail($"{expected:r} expected, {actual:r} found");
    }
}
