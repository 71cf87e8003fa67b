using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>Converts arrays of weights between number formats, and looks for weights that are not finite.</summary>
public static class WeightConversion
{
    /// <summary>Converts as many weights as the spans hold; to a narrower format by rounding to nearest even, capped at the largest
    /// finite value.</summary>
    public static void Convert(ReadOnlySpan<byte> source, WeightType from, Span<byte> destination, WeightType to)
    {
        var count = source.Length / from.Size();
        if (destination.Length != count * to.Size()) throw new ArgumentException("The spans hold different numbers of weights.");
        if (from == to)
        {
            source.CopyTo(destination);
            return;
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(source);
        var floats = MemoryMarshal.Cast<byte, float>(source);
        for (var i = 0; i < count; i++)
        {
            var x = from switch
            {
                WeightType.Float32 => floats[i],
                WeightType.BFloat16 => WeightFormat.FromBFloat16(halves[i]),
                _ => WeightFormat.FromFloat16(halves[i]),
            };
            if (to == WeightType.Float32) MemoryMarshal.Cast<byte, float>(destination)[i] = x;
            else MemoryMarshal.Cast<byte, ushort>(destination)[i] = to == WeightType.BFloat16 ? WeightFormat.ToBFloat16(x) : WeightFormat.ToFloat16(x);
        }
    }

    /// <summary>The index of the first infinity or NaN, or −1: those are the numbers whose exponent bits are all ones.</summary>
    public static int FindNonFinite(ReadOnlySpan<byte> weights, WeightType type)
    {
        if (type == WeightType.Float32)
        {
            var bits = MemoryMarshal.Cast<byte, uint>(weights);
            for (var i = 0; i < bits.Length; i++)
            {
                if ((bits[i] & 0x7F800000) == 0x7F800000) return i;
            }

            return -1;
        }

        var exponent = type == WeightType.BFloat16 ? (ushort)0x7F80 : (ushort)0x7C00;
        var halves = MemoryMarshal.Cast<byte, ushort>(weights);
        for (var i = 0; i < halves.Length; i++)
        {
            if ((halves[i] & exponent) == exponent) return i;
        }

        return -1;
    }
}
