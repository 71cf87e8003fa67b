using System.Buffers.Binary;
using System.Numerics;
using DistZO.Devices;

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
    internal static uint MaskedCrc(ReadOnlySpan<byte> data) => BitOperations.RotateRight(Crc32C.Of(data), 15) + 0xA282EAD8u;
}
