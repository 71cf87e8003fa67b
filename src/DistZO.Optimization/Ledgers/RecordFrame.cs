using System.Buffers.Binary;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>A record in the file: length, CRC-32C of the length, payload that ends with the chain hash, CRC-32C of the payload.</summary>
internal static class RecordFrame
{
    /// <summary>The length and its checksum.</summary>
    public const int PrefixSize = 8;

    /// <summary>The checksum behind the payload.</summary>
    public const int SuffixSize = 4;

    /// <summary>The bytes of a record, and the chain hash after it.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> body, ChainHash before, out ChainHash after)
    {
        var bytes = new byte[PrefixSize + body.Length + ChainHash.Size + SuffixSize];
        var payload = bytes.AsSpan(PrefixSize, body.Length + ChainHash.Size);
        after = before.Next(body);
        body.CopyTo(payload);
        after.Write(payload[body.Length..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Of(bytes.AsSpan(0, 4)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(PrefixSize + payload.Length), Crc32C.Of(payload));
        return bytes;
    }

    /// <summary>The payload's length, chain hash included; null if the checksum of the length is wrong or no payload is so long.</summary>
    public static int? PayloadLength(ReadOnlySpan<byte> prefix)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        var sound = Crc32C.Of(prefix[..4]) == BinaryPrimitives.ReadUInt32LittleEndian(prefix[4..]);
        return sound && length is >= ChainHash.Size and <= RecordCodec.LongestPayload ? (int)length : null;
    }

    /// <summary>Whether the payload and its checksum, given together, fit each other.</summary>
    public static bool IsSound(ReadOnlySpan<byte> payloadAndChecksum) =>
        Crc32C.Of(payloadAndChecksum[..^SuffixSize]) == BinaryPrimitives.ReadUInt32LittleEndian(payloadAndChecksum[^SuffixSize..]);
}
