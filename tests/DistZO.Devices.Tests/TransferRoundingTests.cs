using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Tests;

/// <summary>The rounding of <c>docs/formats/transfer.md</c>: the scalar form against its definition, and every vector tier against that.</summary>
[Collection(SimdTierCollection.Name)]
public unsafe class TransferRoundingTests
{
    public static TheoryData<string> Tiers => TierScope.VectorTiers();

    [Fact]
    public void Float8_EveryCode_IsTheFormatsValueAndComesBack()
    {
        for (var code = 0; code <= 0xFF; code++)
        {
            var x = Float8.ToFloat((byte)code);
            Assert.Equal((code & 0x80) != 0, float.IsNegative(x));
            if ((code & 0x7F) == 0x7F)
            {
                Assert.True(float.IsNaN(x));
                continue;
            }

            Assert.Equal(Magnitude(code & 0x7F), Math.Abs((double)x));
            Assert.Equal(code, Float8.FromFloat(x));
        }
    }

    [Fact]
    public void Float8_AnyFloat_RoundsToNearestEvenOrIsCapped()
    {
        var random = new Random(5);
        for (var i = 0; i < 2_000_000; i++)
        {
            // Half of them near the format's range, and exact midpoints often.
            var bits = (uint)random.NextInt64(1L << 31);
            if ((i & 1) == 0) bits = bits & 0xFFF80000 & 0x807FFFFF | (uint)random.Next(112, 138) << 23;
            var x = BitConverter.UInt32BitsToSingle(bits);
            if (!float.IsFinite(x)) continue;
            Assert.Equal(Nearest(x), Float8.FromFloat(x));
            Assert.Equal(Nearest(x) | 0x80, Float8.FromFloat(-x));
        }
    }

    [Theory]
    [InlineData(448f, 0)]
    [InlineData(449f, 1)]
    [InlineData(224f, -1)]
    [InlineData(225f, 0)]
    [InlineData(1f, -8)]
    [InlineData(1.75f, -8)]
    [InlineData(1.7500001f, -7)]
    [InlineData(0f, -126)]
    [InlineData(1e-45f, -126)]
    [InlineData(float.MaxValue, 119)]
    public void Exponent_IsTheLeastOfWhichTheLargestIsAtMost448(float largest, int exponent) =>
        Assert.Equal(exponent, TransferRounding.Exponent([0f, -largest, largest / 3]));

    [Theory]
    [InlineData(TransferType.BFloat16, 1f / 256)]
    [InlineData(TransferType.Float8, 1f / 16)]
    public void Round_OfOrdinaryWeights_KeepsTheirLeadingDigits(TransferType type, float error)
    {
        var random = new Random(1);
        var weights = Enumerable.Range(0, 4096).Select(_ => (float)((random.NextDouble() - 0.5) * 0.08)).ToArray();
        var rounded = weights.ToArray();
        TransferRounding.Round(rounded, type);
        // Of a float8, what is less than 2⁻¹⁴ of its group's largest is a subnormal.
        Assert.All(weights.Zip(rounded), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, (Math.Abs(pair.First) * error) + (0.04f / 16384)));
        var again = rounded.ToArray();
        TransferRounding.Round(again, type);
        Assert.Equal(rounded, again);
    }

    [Fact]
    public void Round_OfTheLargestFloats_StaysFinite()
    {
        foreach (var type in Enum.GetValues<TransferType>())
        {
            float[] values = [float.MaxValue, -float.MaxValue, 1.76f * TransferRounding.Power(127), 1e-45f, -0f];
            TransferRounding.Round(values, type);
            Assert.All(values, x => Assert.True(float.IsFinite(x)));
            Assert.True(float.IsNegative(values[1]) && float.IsNegative(values[4]));
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Kernels_OfEvery16BitWeight_EqualTheScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        foreach (var held in new[] { WeightType.BFloat16, WeightType.Float16 })
        {
            // In two orders: neighbours in a group, and far apart.
            foreach (var stride in new[] { 1, 40_503 })
            {
                var infinity = held == WeightType.BFloat16 ? 0x7F80 : 0x7C00;
                var weights = Enumerable.Range(0, 1 << 16).Select(i => (ushort)(i * stride)).Where(bits => (bits & infinity) != infinity).ToArray();
                fixed (ushort* theta = weights) Check(theta, held, weights.Length, 0, weights.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Kernels_OfAnyFloats_EqualTheScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        var weights = new float[1 << 18];
        fixed (float* theta = weights)
        {
            SampleWeights.Fill(theta, WeightType.Float32, weights.Length);
            // In a group of any patterns one is the largest by far: small groups of one magnitude, too.
            for (var i = 0; i < weights.Length / 2; i++)
            {
                var bits = BitConverter.SingleToUInt32Bits(weights[i]);
                weights[i] = BitConverter.UInt32BitsToSingle(bits & 0x807FFFFF | (uint)Math.Clamp((i / 32 % 250) + (i % 7), 0, 254) << 23);
            }

            Check(theta, WeightType.Float32, weights.Length, 0, weights.Length);
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Kernels_OfAllTails_EqualTheScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        const int room = 192;
        var theta = stackalloc byte[room * 4];
        foreach (var held in Enum.GetValues<WeightType>())
        {
            SampleWeights.Fill(theta, held, room);
            for (var length = 1; length <= 130; length++)
            {
                for (var start = 0; start < length; start += TransferRounding.Group) Check(theta, held, length, start, length - start);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Unpack_OfEveryCode_EqualsTheScalar(string tier)
    {
        using var _ = TierScope.Parse(tier);
        const int length = 512;
        var packed = new byte[PackedTensor.BytesOf(TransferType.Float8, length)];
        for (var i = 0; i < length; i++) packed[i] = (byte)i;
        for (var i = 0; i < length / 32; i++) packed[PackedTensor.ScalesAt(length) + i] = (byte)(1 + (i * 16));
        var y = new float[length];
        fixed (byte* from = packed)
        fixed (float* to = y)
        {
            TransferKernel.Unpack(from, TransferType.Float8, length, 0, length, to);
            for (var i = 0; i < length; i++)
            {
                var expected = PackedTensor.Read(from, TransferType.Float8, length, i);
                if (float.IsNaN(expected)) Assert.True(float.IsNaN(y[i]));
                else Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(y[i]));
            }
        }
    }

    /// <summary>Rounding, packing and unpacking of a range, against the scalar forms of each.</summary>
    private static void Check(void* theta, WeightType held, int length, int start, int count)
    {
        foreach (var type in Enum.GetValues<TransferType>())
        {
            var expected = new float[count];
            for (var i = 0; i < count; i++) expected[i] = WeightFormat.Read(theta, held, start + i);
            TransferRounding.Round(expected, type);
            var bytes = (int)PackedTensor.BytesOf(type, length);
            byte[] scalar = new byte[bytes], packed = new byte[bytes];
            var y = new float[count + TransferRounding.Group];
            fixed (float* to = y)
            fixed (byte* first = scalar)
            fixed (byte* second = packed)
            {
                TransferKernel.Round(theta, held, type, start, count, to);
                AssertBits(expected, y);
                PackedTensor.Pack(theta, held, type, length, start, count, first);
                TransferKernel.Pack(theta, held, type, length, start, count, second);
                for (var i = 0; i < count; i++) y[i] = PackedTensor.Read(first, type, length, start + i);
                AssertBits(expected, y);
                TransferKernel.Unpack(second, type, length, start, count, to);
                AssertBits(expected, y);
            }

            // Codes behind the last element are nobody's.
            if (type == TransferType.Float8) Array.Clear(packed, length, (int)PackedTensor.ScalesAt(length) - length);
            Assert.Equal(scalar, packed);
        }
    }

    private static void AssertBits(float[] expected, float[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
                Assert.Fail($"element {i}: {expected[i]:r} expected, {actual[i]:r} found");
        }
    }

    /// <summary>The definition of OCP's table.</summary>
    private static double Magnitude(int code) =>
        code >> 3 == 0 ? (code & 7) * Math.ScaleB(1, -9) : (1 + ((code & 7) / 8.0)) * Math.ScaleB(1, (code >> 3) - 7);

    /// <summary>Of the finite codes the nearest, of two the even one.</summary>
    private static int Nearest(double x)
    {
        int low = 0, high = 0x7E;
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Magnitude(middle) <= x) low = middle;
            else high = middle;
        }

        if (x >= Magnitude(high)) return high;
        var (below, above) = (x - Magnitude(low), Magnitude(high) - x);
        return below < above || (below == above && low % 2 == 0) ? low : high;
    }
}
