using System.Runtime.CompilerServices;

namespace DistZO.Devices;

/// <summary>
/// bfloat16 and binary16 to float32 and back, in integer operations only: subnormals are kept, and no processor's flush-to-zero mode
/// or conversion instruction can change a bit.
/// </summary>
public static class WeightFormat
{
    /// <summary>bfloat16 to float32, exact.</summary>
    public static float FromBFloat16(ushort bits) => Unsafe.BitCast<uint, float>((uint)bits << 16);

    /// <summary>binary16 to float32, exact.</summary>
    public static float FromFloat16(ushort bits)
    {
        var sign = (uint)(bits & 0x8000) << 16;
        var exponent = bits >> 10 & 31;
        var fraction = (uint)bits & 0x3FF;
        if (exponent == 31) return Unsafe.BitCast<uint, float>(sign | 0x7F800000 | fraction << 13);
        if (exponent > 0) return Unsafe.BitCast<uint, float>(sign | ((uint)exponent + 112 << 23) | fraction << 13);
        if (fraction == 0) return Unsafe.BitCast<uint, float>(sign);

        // A subnormal, fraction·2⁻²⁴: move its leading one to bit 10, where the implicit one of a normal number is.
        var shift = uint.LeadingZeroCount(fraction) - 21;
        return Unsafe.BitCast<uint, float>(sign | (113 - shift << 23) | (fraction << (int)shift & 0x3FF) << 13);
    }

    /// <summary>The nearest bfloat16, ties to even; ±∞ and what rounds to it become the largest finite value. Not for NaN.</summary>
    public static ushort ToBFloat16(float x)
    {
        var (sign, magnitude) = Split(x);
        var rounded = magnitude + 0x7FFF + (magnitude >> 16 & 1) >> 16;
        return (ushort)(sign | uint.Min(rounded, StochasticRounding.LargestBFloat16));
    }

    /// <summary>The nearest binary16, ties to even; what is too large becomes ±65504. Not for NaN.</summary>
    public static ushort ToFloat16(float x)
    {
        var (sign, magnitude) = Split(x);
        if (magnitude >= StochasticRounding.SmallestNormalFloat16)
        {
            var rebased = magnitude - (112u << 23);
            var rounded = rebased + 0xFFF + (rebased >> 13 & 1) >> 13;
            return (ushort)(sign | uint.Min(rounded, StochasticRounding.LargestFloat16));
        }

        // A subnormal is a multiple of 2⁻²⁴. At 126 − exponent ≥ 26 even the largest significand is below half a unit.
        var exponent = (int)(magnitude >> 23);
        var shift = 126 - exponent;
        if (shift > 25) return sign;
        var significand = magnitude & 0x7FFFFF | 0x800000;
        var even = significand >> shift & 1;
        return (ushort)(sign | (significand + (1u << shift - 1) - 1 + even >> shift));
    }

    /// <summary>The value of element <paramref name="index"/> of stored weights.</summary>
    public static unsafe float Read(void* weights, WeightType type, long index) => type switch
    {
        WeightType.Float32 => ((float*)weights)[index],
        WeightType.BFloat16 => FromBFloat16(((ushort*)weights)[index]),
        _ => FromFloat16(((ushort*)weights)[index]),
    };

    internal static (ushort Sign, uint Magnitude) Split(float x)
    {
        var bits = Unsafe.BitCast<float, uint>(x);
        return ((ushort)(bits >> 16 & 0x8000), bits & 0x7FFFFFFF);
    }
}
