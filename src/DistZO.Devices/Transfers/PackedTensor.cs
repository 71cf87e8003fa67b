namespace DistZO.Devices;

/// <summary>
/// A rounded tensor as it is transferred: its elements in order, and for <see cref="TransferType.Float8"/> behind them, at a multiple of 64
/// bytes, the scales of its groups, one byte each.
/// </summary>
public static unsafe class PackedTensor
{
    private const int Alignment = 64;

    /// <summary>Bytes that it takes.</summary>
    public static long BytesOf(TransferType type, long length) =>
        type == TransferType.BFloat16 ? length * 2 : ScalesAt(length) + ((length + TransferRounding.Group - 1) / TransferRounding.Group);

    /// <summary>The byte at which the scales of a tensor of float8 begin.</summary>
    public static long ScalesAt(long length) => (length + Alignment - 1) / Alignment * Alignment;

    /// <summary>Packs elements [start, start + count); start is the beginning of a group, and so is what follows, or the tensor's end.</summary>
    /// <param name="theta">The tensor's element 0, as it is held.</param>
    /// <param name="held">Its format.</param>
    /// <param name="type">The format of the transfer.</param>
    /// <param name="length">Elements of the tensor.</param>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="packed">The packed tensor.</param>
    public static void Pack(void* theta, WeightType held, TransferType type, long length, long start, int count, byte* packed)
    {
        Span<float> group = stackalloc float[TransferRounding.Group];
        for (var at = start; at < start + count; at += TransferRounding.Group)
        {
            var values = group[..(int)Math.Min(TransferRounding.Group, start + count - at)];
            for (var i = 0; i < values.Length; i++) values[i] = WeightFormat.Read(theta, held, at + i);
            if (type == TransferType.BFloat16)
            {
                for (var i = 0; i < values.Length; i++) ((ushort*)packed)[at + i] = WeightFormat.ToBFloat16(values[i]);
                continue;
            }

            var exponent = TransferRounding.Exponent(values);
            packed[ScalesAt(length) + (at / TransferRounding.Group)] = (byte)(exponent + TransferRounding.ExponentBias);
            for (var i = 0; i < values.Length; i++) packed[at + i] = Float8.FromFloat(values[i] * TransferRounding.Power(-exponent));
        }
    }

    /// <summary>Element <paramref name="index"/> of a packed tensor as float32.</summary>
    public static float Read(void* packed, TransferType type, long length, long index)
    {
        if (type == TransferType.BFloat16) return WeightFormat.FromBFloat16(((ushort*)packed)[index]);
        var scale = ((byte*)packed)[ScalesAt(length) + (index / TransferRounding.Group)];
        return Float8.ToFloat(((byte*)packed)[index]) * TransferRounding.Power(scale - TransferRounding.ExponentBias);
    }
}
