using DistZO.Devices.Cpu.Simd;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Tests;

[Collection(SimdTierCollection.Name)]
public unsafe class FoldTests
{
    public static TheoryData<string> Tiers => TierScope.VectorTiers();

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Fold_AllTailsAndFormats_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        var updates = SampleUpdates.Create(steps: 2, directions: 3);
        foreach (var type in Enum.GetValues<WeightType>())
        {
            for (var start = 0; start < 70; start += 23)
                for (var count = 0; count <= 70; count++) Check(type, start, count, 160, decays: (count & 1) == 0, updates);
            Check(type, 13, 9001, 9100, decays: true, updates);
        }
    }

    /// <summary>Elements at and beyond 2³⁴ and 2³⁵, where the counters of z and of the rounding bits carry.</summary>
    [Theory]
    [MemberData(nameof(Tiers))]
    public void Fold_WhereCountersCarry_EqualsScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        const int Count = 300;
        var updates = SampleUpdates.Create(steps: 2, directions: 1);
        foreach (var type in Enum.GetValues<WeightType>())
        {
            foreach (var at in new[] { 1L << 34, 1L << 35 })
            {
                // The base address stands for a tensor of which only these elements exist.
                var start = at - 101;
                byte[] expected = new byte[Count * 4], actual = new byte[Count * 4];
                fixed (byte* e = expected)
                fixed (byte* a = actual)
                {
                    SampleWeights.Fill(e, type, Count);
                    SampleWeights.Fill(a, type, Count);
                    FoldReference.Apply(e - start * type.Size(), type, 6, true, start, Count, updates);
                    FoldKernel.Apply(a - start * type.Size(), type, 6, true, start, Count, updates);
                }

                Assert.Equal(expected, actual);
            }
        }
    }

    [Fact]
    public void Fold_PendingStepsInOnePass_EqualsStepByStep()
    {
        var updates = SampleUpdates.Create(steps: 40, directions: 2);
        updates[7] = new WeightUpdate(1, []);
        foreach (var type in Enum.GetValues<WeightType>())
        {
            const int Count = 5000;
            byte[] atOnce = new byte[Count * 4], stepwise = new byte[Count * 4];
            fixed (byte* a = atOnce)
            fixed (byte* b = stepwise)
            {
                SampleWeights.Fill(a, type, Count);
                SampleWeights.Fill(b, type, Count);
                FoldKernel.Apply(a, type, 6, true, 0, Count, updates);
                for (var i = 0; i < updates.Length; i++)
                {
                    // Cut at another place in each step: where a range is cut must not show.
                    var cut = 97 * i;
                    FoldKernel.Apply(b, type, 6, true, 0, cut, updates.AsSpan(i, 1));
                    FoldKernel.Apply(b, type, 6, true, cut, Count - cut, updates.AsSpan(i, 1));
                }
            }

            Assert.Equal(stepwise, atOnce);
        }
    }

    [Fact]
    public void Fold_OverflowingStep_CapsAtTheLargestFiniteValue()
    {
        var update = new WeightUpdate(1, [new UpdateDirection(5, float.MaxValue)]);
        var weights = stackalloc float[64];
        foreach (var tier in Enum.GetValues<SimdTier>().Where(t => t <= SimdSupport.Best))
        {
            using var _ = new TierScope(tier);
            foreach (var type in Enum.GetValues<WeightType>())
            {
                new Span<float>(weights, 64).Clear();
                FoldKernel.Apply(weights, type, 0, false, 0, 64, [update, update]);
                var largest = type switch { WeightType.Float32 => float.MaxValue, WeightType.BFloat16 => 3.3895314e38f, _ => 65504f };
                var capped = 0;
                for (var i = 0; i < 64; i++)
                {
                    var x = MathF.Abs(WeightFormat.Read(weights, type, i));
                    Assert.InRange(x, 0, largest);
                    if (x == largest) capped++;
                }

                Assert.True(capped > 16, $"{type} on {tier}: only {capped} of 64 were capped");
            }
        }
    }

    private static void Check(WeightType type, int start, int count, int room, bool decays, WeightUpdate[] updates)
    {
        byte[] expected = new byte[room * 4], actual = new byte[room * 4];
        fixed (byte* e = expected)
        fixed (byte* a = actual)
        {
            SampleWeights.Fill(e, type, room);
            SampleWeights.Fill(a, type, room);
            FoldReference.Apply(e, type, 6, decays, start, count, updates);
            FoldKernel.Apply(a, type, 6, decays, start, count, updates);
        }

        Assert.Equal(expected, actual);
    }
}
