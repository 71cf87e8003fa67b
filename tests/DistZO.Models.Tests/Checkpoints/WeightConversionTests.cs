using System.Buffers.Binary;
using DistZO.Devices;

namespace DistZO.Models.Tests;

public class WeightConversionTests
{
    [Theory]
    [InlineData(1.0f, 0x3F80, 0x3C00)]
    [InlineData(-0.0f, 0x8000, 0x8000)]
    [InlineData(1.00390625f, 0x3F80, 0x3C04)] // 1 + 2⁻⁸: a tie in bfloat16, down to even
    [InlineData(1.01171875f, 0x3F82, 0x3C0C)] // 1 + 3·2⁻⁸: a tie in bfloat16, up to even
    [InlineData(1.00048828125f, 0x3F80, 0x3C00)] // 1 + 2⁻¹¹: a tie in float16, down to even
    [InlineData(5.9604645e-8f, 0x3380, 0x0001)] // 2⁻²⁴, the smallest float16
    [InlineData(2.9802322e-8f, 0x3300, 0x0000)] // 2⁻²⁵: a tie in float16, down to zero
    [InlineData(1e-45f, 0x0000, 0x0000)]
    [InlineData(65520f, 0x4780, 0x7BFF)] // rounds out of float16's range, so capped
    [InlineData(float.MaxValue, 0x7F7F, 0x7BFF)]
    [InlineData(float.NegativeInfinity, 0xFF7F, 0xFBFF)]
    public void Convert_Float32_RoundsToTheNearestEvenAndCaps(float value, int bfloat16, int float16)
    {
        Assert.Equal((bfloat16, float16), (Narrow(value, WeightType.BFloat16), Narrow(value, WeightType.Float16)));
    }

    [Theory]
    [InlineData(WeightType.BFloat16, 0x7F80)]
    [InlineData(WeightType.Float16, 0x7C00)]
    public void Convert_EveryFiniteValue_ComesBackTheSame(WeightType type, int infinity)
    {
        var bytes = new byte[4];
        for (var bits = 0; bits < 0x10000; bits++)
        {
            if ((bits & 0x7FFF) >= infinity) continue;
            byte[] source = [(byte)bits, (byte)(bits >> 8)];
            WeightConversion.Convert(source, type, bytes, WeightType.Float32);
            Assert.Equal(bits, Narrow(BinaryPrimitives.ReadSingleLittleEndian(bytes), type));
        }
    }

    private static int Narrow(float value, WeightType type)
    {
        var source = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(source, value);
        var result = new byte[2];
        WeightConversion.Convert(source, WeightType.Float32, result, type);
        return BinaryPrimitives.ReadUInt16LittleEndian(result);
    }
}
