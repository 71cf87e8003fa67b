using System.Runtime.CompilerServices;

namespace DistZO.Devices;

/// <summary>
/// OCP's 8-bit format E4M3 (arXiv 2209.05433): sign, 4 bits of exponent with bias 7, 3 of fraction; subnormals are multiples of 2⁻⁹, the
/// largest value is 448, and there is no infinity. 0x7F and 0xFF are NaN.
/// </summary>
public static class Float8
{
    /// <summary>The largest finite value.</summary>
    public const float Largest = 448;

    /// <summary>The float32 bits of 2⁻⁶, below which a value is subnormal.</summary>
    public const uint SmallestNormal = 0x3C800000;

    /// <summary>What the exponents of float32 and of the format differ by, in units of the format's last place: (127 − 7)·8.</summary>
    public const int Rebase = 120 << 3;

    /// <summary>The nearest value, ties to even; what is larger than 448 becomes 448. Not for NaN.</summary>
    public static byte FromFloat(float x)
    {
        var bits = Unsafe.BitCast<float, uint>(x);
        var (sign, magnitude) = (bits >> 24 & 0x80, bits & 0x7FFFFFFF);
        if (magnitude >= SmallestNormal) return (byte)(sign | uint.Min((magnitude + 0x7FFFF + (magnitude >> 20 & 1) >> 20) - Rebase, 0x7E));

        // The unit of 2¹⁴'s last place is 2⁻⁹.
        var units = (Unsafe.BitCast<uint, float>(magnitude) + 16384 - 16384) * 512;
        return (byte)(sign | (uint)units);
    }

    /// <summary>The value of a code, exact.</summary>
    public static float ToFloat(byte code)
    {
        var sign = (uint)(code & 0x80) << 24;
        var magnitude = (uint)code & 0x7F;
        if (magnitude == 0x7F) return Unsafe.BitCast<uint, float>(sign | 0x7FC00000);

        // With the fields moved into place the value is too small by 2¹²⁰, subnormals too: one exact multiplication mends both.
        var value = Unsafe.BitCast<uint, float>(magnitude << 20) * Unsafe.BitCast<uint, float>(127 + 120 << 23);
        return Unsafe.BitCast<uint, float>(sign | Unsafe.BitCast<float, uint>(value));
    }
}
