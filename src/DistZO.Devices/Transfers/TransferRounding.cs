using System.Runtime.CompilerServices;

namespace DistZO.Devices;

/// <summary>
/// What probes see of weights that are rounded for transfer (<c>docs/formats/transfer.md</c>): the specification of every device's kernel.
/// Float8 weights have a power of two for each group, as in OCP's MXFP8, so that ordinary weights keep their leading digits.
/// </summary>
public static class TransferRounding
{
    /// <summary>Weights that share a scale: those whose flat index divided by it, rounded down, is the same.</summary>
    public const int Group = 32;

    /// <summary>The least exponent of a scale: its inverse is finite, and every multiple of 2⁻⁹ of it a float32.</summary>
    public const int LeastExponent = -126;

    /// <summary>The greatest: 448 times it is finite.</summary>
    public const int GreatestExponent = 119;

    /// <summary>What the byte of a scale says more than its exponent.</summary>
    public const int ExponentBias = 127;

    /// <summary>Rounds values in place, as float32. The first one stands at the beginning of a group; the last group may be a part of one.</summary>
    public static void Round(Span<float> values, TransferType type)
    {
        if (type == TransferType.BFloat16)
        {
            foreach (ref var x in values) x = WeightFormat.FromBFloat16(WeightFormat.ToBFloat16(x));
            return;
        }

        for (var at = 0; at < values.Length; at += Group)
        {
            var group = values.Slice(at, Math.Min(Group, values.Length - at));
            var exponent = Exponent(group);
            foreach (ref var x in group) x = Float8.ToFloat(Float8.FromFloat(x * Power(-exponent))) * Power(exponent);
        }
    }

    /// <summary>Of a group's scale: the least power of two of which the largest weight is at most 448, as far as there are powers.</summary>
    public static int Exponent(ReadOnlySpan<float> group)
    {
        var largest = 0u;
        foreach (var x in group) largest = uint.Max(largest, Unsafe.BitCast<float, uint>(x) & 0x7FFFFFFF);
        return Exponent(largest);
    }

    /// <summary>The same, of the bits of the largest magnitude.</summary>
    public static int Exponent(uint largest)
    {
        // 448 is 1.75·2⁸: what is above 1.75 in its binade takes the next power.
        return Math.Clamp((int)(largest + 0x1FFFFF >> 23) - ExponentBias - 8, LeastExponent, GreatestExponent);
    }

    /// <summary>2 to a power from −126 to 127.</summary>
    public static float Power(int exponent) => Unsafe.BitCast<int, float>(exponent + 127 << 23);
}
