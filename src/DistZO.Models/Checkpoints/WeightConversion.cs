using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Weights in one number format to another: nearest, ties to even, capped at the largest finite value.</summary>
public static class WeightConversion
{
    private const uint LargestBFloat16 = 0x7F7F;

    /// <summary>Converts little-endian elements.</summary>
    /// <param name="source">Elements of type <paramref name="from"/>.</param>
    /// <param name="from">The format of the source.</param>
    /// <param name="destination">Room for as many elements of type <paramref name="to"/>.</param>
    /// <param name="to">The format wanted. The same as <paramref name="from"/> copies the bytes.</param>
    public static void Convert(ReadOnlySpan<byte> source, WeightType from, Span<byte> destination, WeightType to)
    {
        var count = source.Length / from.Size();
        if (source.Length != count * from.Size() || destination.Length != count * to.Size())
        {
            throw new ArgumentException($"{source.Length} bytes of {from} do not fit {destination.Length} bytes of {to}.");
        }

        if (from == to)
        {
            source.CopyTo(destination);
            return;
        }

        for (var i = 0; i < count; i++) Store(destination, i, to, Load(source, i, from));
    }

    private static float Load(ReadOnlySpan<byte> weights, int i, WeightType type) => type switch
    {
        WeightType.Float32 => MemoryMarshal.Cast<byte, float>(weights)[i],
        WeightType.BFloat16 => BitConverter.Int32BitsToSingle(MemoryMarshal.Cast<byte, ushort>(weights)[i] << 16),
        WeightType.Float16 => (float)MemoryMarshal.Cast<byte, Half>(weights)[i],
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static void Store(Span<byte> weights, int i, WeightType type, float value)
    {
        switch (type)
        {
            case WeightType.Float32:
                MemoryMarshal.Cast<byte, float>(weights)[i] = value;
                break;
            case WeightType.BFloat16:
                MemoryMarshal.Cast<byte, ushort>(weights)[i] = ToBFloat16(value);
                break;
            case WeightType.Float16:
                MemoryMarshal.Cast<byte, Half>(weights)[i] = (Half)Math.Clamp(value, (float)Half.MinValue, (float)Half.MaxValue);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        var magnitude = bits & 0x7FFF_FFFF;
        var rounded = (magnitude + 0x7FFF + ((magnitude >> 16) & 1)) >> 16;
        return (ushort)(((bits >> 16) & 0x8000) | Math.Min(rounded, LargestBFloat16));
    }
}
