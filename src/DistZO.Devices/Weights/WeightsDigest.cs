namespace DistZO.Devices;

/// <summary>
/// The weights digest: the sum mod 2¹²⁸, over a tensor's 8-byte little-endian words v at position i (the last zero-padded), of
/// philox4x32-10(key = (0x5A4F4447, tensor number), counter = (lo v, hi v, lo i, hi i)). Sums of slices cut at multiples of 8 bytes
/// add up to the tensor's.
/// </summary>
public static class WeightsDigest
{
    public const uint Key = 0x5A4F4447;

    /// <summary>The sum over <paramref name="data"/>, whose first byte is word <paramref name="firstWord"/> of the tensor.</summary>
    public static UInt128 Sum(ReadOnlySpan<byte> data, long firstWord, uint tensorNumber)
    {
        UInt128 sum = 0;
        Span<byte> word = stackalloc byte[8];
        for (var at = 0; at < data.Length; at += 8)
        {
            word.Clear();
            data.Slice(at, int.Min(8, data.Length - at)).CopyTo(word);
            sum += Term(System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(word), (ulong)(firstWord + at / 8), tensorNumber);
        }

        return sum;
    }

    /// <summary>A digest for people and files: 32 hexadecimal digits.</summary>
    public static string Text(UInt128 digest) => digest.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What the word <paramref name="v"/> at position <paramref name="i"/> adds.</summary>
    public static UInt128 Term(ulong v, ulong i, uint tensorNumber)
    {
        var (w0, w1, w2, w3) = Philox.Block(Key, tensorNumber, (uint)v, (uint)(v >> 32), (uint)i, (uint)(i >> 32));
        return new UInt128((ulong)w3 << 32 | w2, (ulong)w1 << 32 | w0);
    }
}
