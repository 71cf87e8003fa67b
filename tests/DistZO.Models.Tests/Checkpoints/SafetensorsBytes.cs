using System.Buffers.Binary;
using System.Text;

namespace DistZO.Models.Tests;

/// <summary>Safetensors files put together by hand, sound or not.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file with this header text and so many data bytes: 0, 1, 2, …</summary>
    public static byte[] Build(string header, int dataBytes) => Build(Encoding.UTF8.GetBytes(header), dataBytes);

    public static byte[] Build(byte[] header, int dataBytes)
    {
        var file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        for (var i = 0; i < dataBytes; i++) file[8 + header.Length + i] = (byte)i;
        return file;
    }

    /// <summary>Reads a whole tensor.</summary>
    public static byte[] ReadAll(SafetensorsFile file, SafetensorsEntry entry)
    {
        var bytes = new byte[entry.Bytes];
        file.Read(entry, 0, bytes);
        return bytes;
    }
}
