using System.Text.Json;
using System.Text.Unicode;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The JSON header of a safetensors file, read strictly: whatever it says must agree with itself and with the size of the file, so
/// that no later read can leave the file or the tensor. Format: an unsigned 64-bit little-endian length, that many bytes of JSON
/// (padded with spaces), then the tensors' bytes back to back to the end of the file.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Bytes of the length in front of the JSON.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The longest JSON that the format allows.</summary>
    public const long MaxBytes = 100_000_000;

    /// <summary>The key that holds text about the file instead of a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private const int LongestMessage = 400;

    private readonly string _file;
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly Dictionary<string, string> _metadata = [];

    private SafetensorsHeader(string file) => _file = file;

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>The text under <see cref="MetadataKey"/>, in the order of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">The JSON, with its padding.</param>
    /// <param name="dataBytes">How many bytes of the file follow it.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <exception cref="BadInputException">Anything is wrong with it.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string file)
    {
        var header = new SafetensorsHeader(file);
        if (json.IsEmpty || json[0] != '{') throw header.Bad("its header does not begin with '{'");
        if (!Utf8.IsValid(json)) throw header.Bad("its header is not valid UTF-8");
        var reader = new Utf8JsonReader(json);
        try
        {
            header.ReadAll(ref reader, PrefixBytes + json.Length);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair, escaped.
            throw header.Bad($"its header is not valid JSON near byte {PrefixBytes + reader.BytesConsumed}");
        }

        header.CheckOffsets(PrefixBytes + json.Length, dataBytes);
        return header;
    }

    /// <summary>The error for a file that breaks the format: one line, however odd the names in it are.</summary>
    public static BadInputException Unsound(string file, string what) =>
        new($"'{file}' is not a sound safetensors file: {OneLine(what)}; download or copy it again");

    private static string OneLine(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
        return line.Length <= LongestMessage ? line : line[..LongestMessage] + "…";
    }

    private BadInputException Bad(string what) => Unsound(_file, what);

    private BadInputException Bad(string tensor, string what) => Bad($"tensor '{tensor}': {what}");

    private void ReadAll(ref Utf8JsonReader reader, long dataStart)
    {
        var names = new HashSet<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name)) throw Bad($"its header holds '{name}' twice");
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Bad($"'{name}' in its header is not an object");
            if (name == MetadataKey) ReadMetadata(ref reader);
            else _entries.Add(ReadTensor(ref reader, name, dataStart));
        }

        // Reads the padding; anything but white space after the object makes the reader throw.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Bad($"'{key}' in {MetadataKey} is not a string");
            if (!_metadata.TryAdd(key, reader.GetString()!)) throw Bad($"{MetadataKey} holds '{key}' twice");
        }
    }

    private SafetensorsEntry ReadTensor(ref Utf8JsonReader reader, string name, long dataStart)
    {
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            reader.Read();
            var again = false;
            switch (field)
            {
                case "dtype":
                    again = type is not null;
                    if (reader.TokenType != JsonTokenType.String) throw Bad(name, "'dtype' is not a string");
                    type = reader.GetString()!;
                    break;
                case "shape":
                    again = shape is not null;
                    shape = ReadSizes(ref reader, name, field);
                    break;
                case "data_offsets":
                    again = offsets is not null;
                    offsets = ReadSizes(ref reader, name, field);
                    break;
                default:
                    // The format's own reader passes over fields that it does not know.
                    reader.Skip();
                    break;
            }

            if (again) throw Bad(name, $"'{field}' stands twice");
        }

        if (type is null || shape is null || offsets is null) throw Bad(name, "'dtype', 'shape' or 'data_offsets' is missing");
        if (offsets.Count != 2) throw Bad(name, $"'data_offsets' has {offsets.Count} numbers instead of 2");
        if (offsets[1] < offsets[0]) throw Bad(name, $"it ends ({offsets[1]}) before it begins ({offsets[0]})");
        var bytes = SizeOf(name, type, shape);
        if (bytes != offsets[1] - offsets[0])
        {
            throw Bad(name, $"{type} [{string.Join(", ", shape)}] takes {bytes} bytes, but 'data_offsets' spans {offsets[1] - offsets[0]}");
        }

        if (offsets[0] > long.MaxValue - dataStart) throw Bad(name, "'data_offsets' is too large");
        return new SafetensorsEntry(name, type, shape, dataStart + offsets[0], bytes);
    }

    private List<long> ReadSizes(ref Utf8JsonReader reader, string tensor, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Bad(tensor, $"'{field}' is not a list");
        var sizes = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || size < 0)
            {
                throw Bad(tensor, $"'{field}' holds something that is not a whole number from 0 to 2^63 - 1");
            }

            sizes.Add(size);
        }

        return sizes;
    }

    private long SizeOf(string tensor, string type, List<long> shape)
    {
        var width = SafetensorsTypes.Bits(type) ?? throw Bad(tensor, $"the dtype '{type}' is unknown");
        try
        {
            var bits = (Int128)shape.Aggregate(1L, (product, n) => checked(product * n)) * width;
            if (bits % 8 != 0) throw Bad(tensor, $"{type} [{string.Join(", ", shape)}] does not fill whole bytes");
            return checked((long)(bits / 8));
        }
        catch (OverflowException)
        {
            throw Bad(tensor, $"the shape [{string.Join(", ", shape)}] overflows");
        }
    }

    private void CheckOffsets(long dataStart, long dataBytes)
    {
        _entries.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Bytes.CompareTo(b.Bytes));
        long end = 0;
        foreach (var entry in _entries)
        {
            var begin = entry.Offset - dataStart;
            if (begin < end) throw Bad(entry.Name, $"its bytes begin at {begin} and overlap those that end at {end}");
            if (begin > end) throw Bad(entry.Name, $"its bytes begin at {begin}, which leaves a hole after {end}");
            if (entry.Bytes > dataBytes - end)
            {
                throw Bad(entry.Name, $"it needs {entry.Bytes} bytes, but only {dataBytes - end} are left in the file (cut short)");
            }

            end = begin + entry.Bytes;
        }

        if (end != dataBytes) throw Bad($"its tensors end at byte {end} of the data, but the file has {dataBytes}");
    }
}
