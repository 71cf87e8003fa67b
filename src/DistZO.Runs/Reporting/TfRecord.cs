using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DistZO.Runs;

/// <summary>
/// The framing of TensorFlow's record files: length (u64, little-endian), masked CRC32C of the length, payload, masked CRC32C of
/// the payload.
/// </summary>
internal static class TfRecord
{
    /// <summary>A record with <paramref name="payload"/> in it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> payload)
    {
        var record = new byte[8 + 4 + payload.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        payload.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + payload.Length), MaskedCrc(payload));
        return record;
    }

    /// <summary>Rotated and offset, because a CRC computed over data that holds CRCs is weak.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var value in data[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8u;
    }
}
