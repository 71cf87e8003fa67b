using System.Buffers.Binary;
using System.Numerics;

namespace DistZO.Devices;

/// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the CPU's instruction where it has one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of all of <paramref name="bytes"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
