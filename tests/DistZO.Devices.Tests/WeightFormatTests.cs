namespace DistZO.Devices.Tests;

public class WeightFormatTests
{
    [Fact]
    public void Float16_EveryPattern_IsThePlatformsValueAndComesBack()
    {
        for (var bits = 0; bits <= 0xFFFF; bits++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            var x = WeightFormat.FromFloat16((ushort)bits);
            Assert.True(expected.Equals(x) && float.IsNegative(expected) == float.IsNegative(x), $"{bits:x4}");
            if (float.IsFinite(x)) Assert.Equal(bits, WeightFormat.ToFloat16(x));
        }
    }

    [Fact]
    public void BFloat16_EveryFinitePattern_ComesBack()
    {
        for (var bits = 0; bits <= 0xFFFF; bits++)
        {
            var x = WeightFormat.FromBFloat16((ushort)bits);
            if (float.IsFinite(x)) Assert.Equal(bits, WeightFormat.ToBFloat16(x));
        }
    }

    [Fact]
    public void Float16_AnyFloat_RoundsToNearestEvenOrIsCapped()
    {
        var random = new Random(5);
        for (var i = 0; i < 2_000_000; i++)
        {
            // Half of them near the format's range, and exact midpoints often.
            var bits = (uint)random.NextInt64(1L << 32);
            if ((i & 1) == 0) bits = bits & 0x8FFFF000 | (uint)random.Next(96, 144) << 23;
            var x = BitConverter.UInt32BitsToSingle(bits);
            if (!float.IsFinite(x)) continue;
            var expected = (Half)x;
            if (Half.IsInfinity(expected)) expected = Half.CopySign(Half.MaxValue, expected);
            Assert.Equal(BitConverter.HalfToUInt16Bits(expected), WeightFormat.ToFloat16(x));
        }
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)]
    [InlineData(0x3F818000u, 0x3F82)]
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x00008000u, 0x0000)]
    [InlineData(0x00018000u, 0x0002)]
    [InlineData(0x80008001u, 0x8001)]
    [InlineData(0x7F7FFFFFu, 0x7F7F)]
    [InlineData(0x7F800000u, 0x7F7F)]
    [InlineData(0xFF800000u, 0xFF7F)]
    public void BFloat16_TiesSubnormalsAndLargest_RoundToNearestEven(uint x, int expected) =>
        Assert.Equal(expected, WeightFormat.ToBFloat16(BitConverter.UInt32BitsToSingle(x)));
}
