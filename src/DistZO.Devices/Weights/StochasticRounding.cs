namespace DistZO.Devices;

/// <summary>
/// The store of an updated 16-bit weight. With lo ≤ |x| &lt; hi neighbours in the format and f = ⌊2¹⁶·(|x| − lo)/(hi − lo)⌋, it is hi
/// if f + r ≥ 2¹⁶, else lo; the sign is kept, and the result capped at the largest finite value.
/// </summary>
public static class StochasticRounding
{
    /// <summary>The bits of the largest finite bfloat16.</summary>
    public const uint LargestBFloat16 = 0x7F7F;

    /// <summary>The bits of 65504.</summary>
    public const uint LargestFloat16 = 0x7BFF;

    /// <summary>The float32 bits of 2⁻¹⁴, below which a binary16 is subnormal.</summary>
    public const uint SmallestNormalFloat16 = 0x38800000;

    /// <summary>x to bfloat16 with the 16 random bits r. x is not NaN.</summary>
    public static ushort ToBFloat16(float x, uint r)
    {
        // The lower half of the float32 is f itself, in every binade and for subnormals, so r's carry is the choice of hi.
        var (sign, magnitude) = WeightFormat.Split(x);
        return (ushort)(sign | uint.Min(magnitude + r >> 16, LargestBFloat16));
    }

    /// <summary>x to binary16 with the 16 random bits r. x is not NaN.</summary>
    public static ushort ToFloat16(float x, uint r)
    {
        var (sign, magnitude) = WeightFormat.Split(x);

        // f is the 13 dropped bits times 8, so only r's upper 13 bits can decide.
        if (magnitude >= SmallestNormalFloat16)
            return (ushort)(sign | uint.Min(magnitude - (112u << 23) + (r >> 3) >> 13, LargestFloat16));

        // Subnormal: units of 2⁻²⁴, f its next 16 bits: ⌊|x|·2⁴⁰⌋ holds both. float32 subnormals are below 2⁻⁴⁰ and give 0.
        var exponent = (int)(magnitude >> 23);
        var significand = magnitude & 0x7FFFFF | 0x800000;
        var shift = 110 - exponent;
        var scaled = shift <= 0 ? significand << -shift : shift < 24 ? significand >> shift : 0;
        return (ushort)(sign | scaled + r >> 16);
    }
}
