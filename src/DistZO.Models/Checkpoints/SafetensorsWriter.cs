using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Fills a buffer with a tensor's little-endian bytes, from byte <paramref name="offset"/> of the tensor on.</summary>
public delegate void TensorBytes(long offset, Span<byte> destination);

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">One of <see cref="SafetensorsTypes"/>.</param>
/// <param name="Shape">Row-major dimensions.</param>
/// <param name="Read">Gives its bytes; called from the first to the last, in pieces.</param>
public sealed record TensorToWrite(string Name, string DType, IReadOnlyList<long> Shape, TensorBytes Read)
{
    /// <summary>Bytes it takes.</summary>
    public long Bytes => Shape.Aggregate(1L, (product, n) => checked(product * n)) * SafetensorsTypes.Bits(DType)!.Value / 8;
}

/// <summary>Writes safetensors files, the same bytes as the format's own writer, whole or not at all.</summary>
public static class SafetensorsWriter
{
    // A multiple of every element's size, so that a piece never ends inside an element.
    private const int ChunkBytes = 1 << 20;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a file says about itself unless told otherwise; Transformers refuses files without it.</summary>
    public static IReadOnlyDictionary<string, string> DefaultMetadata { get; } = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>The order that the format's own writer uses: the widest type first, then by name. Keeps every tensor aligned.</summary>
    public static IReadOnlyList<TensorToWrite> InStandardOrder(IEnumerable<TensorToWrite> tensors) =>
    [
        .. tensors.OrderByDescending(tensor => SafetensorsTypes.Rank(tensor.DType)).ThenBy(tensor => tensor.Name, StringComparer.Ordinal),
    ];

    /// <summary>Writes <paramref name="tensors"/>, in the order given, durably (see <see cref="DurableFile"/>).</summary>
    /// <exception cref="BadInputException">The place cannot be written to.</exception>
    /// <exception cref="RunFailedException">The disk is full, or it failed.</exception>
    public static void Write(string path, IReadOnlyList<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = Header(tensors, metadata);
        DurableFile.WriteAtomically(path, file => WriteTo(file, header, tensors), header.Length + tensors.Sum(tensor => tensor.Bytes));
    }

    private static byte[] Header(IReadOnlyList<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Advance(Pad(bytes.GetSpan(SafetensorsHeader.PrefixBytes), SafetensorsHeader.PrefixBytes));
        using (var json = new Utf8JsonWriter(bytes, Json))
        {
            json.WriteStartObject();
            json.WriteStartObject(SafetensorsHeader.MetadataKey);
            foreach (var (key, value) in metadata) json.WriteString(key, value);
            json.WriteEndObject();
            long end = 0;
            foreach (var tensor in tensors) WriteEntry(json, tensor, ref end);
            json.WriteEndObject();
        }

        var padding = -bytes.WrittenCount & 7;
        bytes.Advance(Pad(bytes.GetSpan(8), padding));
        var header = bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - SafetensorsHeader.PrefixBytes);
        return header;
    }

    private static int Pad(Span<byte> span, int count)
    {
        span[..count].Fill((byte)' ');
        return count;
    }

    private static void WriteEntry(Utf8JsonWriter json, TensorToWrite tensor, ref long end)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.DType);
        json.WriteStartArray("shape");
        foreach (var size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(end);
        end += tensor.Bytes;
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTo(Stream file, byte[] header, IReadOnlyList<TensorToWrite> tensors)
    {
        file.Write(header);
        var buffer = new byte[ChunkBytes];
        foreach (var tensor in tensors)
        {
            var bytes = tensor.Bytes;
            for (long offset = 0; offset < bytes; offset += buffer.Length)
            {
                var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - offset));
                tensor.Read(offset, chunk);
                file.Write(chunk);
            }
        }
    }
}
