using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>The JSON of a topology.</summary>
internal static class TopologyFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read '{path}' ({e.Message.TrimEnd('.')}); check --topology", e);
        }
    }

    /// <summary>Reads what is in it.</summary>
    /// <param name="path">What it is called.</param>
    /// <param name="bytes">What it holds.</param>
    /// <exception cref="BadInputException">It is not one JSON object.</exception>
    public static JsonDocument Parse(string path, byte[] bytes)
    {
        try
        {
            RefuseDuplicates(path, bytes);
            var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new BadInputException($"'{path}': it is not a JSON object");
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $" at line {line + 1}, column {e.BytePositionInLine + 1}" : "";
            throw new BadInputException($"'{path}': it is not valid JSON{place}", e);
        }
    }

    /// <summary>A key that stands twice in one object says two things.</summary>
    private static void RefuseDuplicates(string path, byte[] bytes)
    {
        var objects = new Stack<HashSet<string>>();
        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject) objects.Push([]);
            else if (reader.TokenType == JsonTokenType.EndObject) objects.Pop();
            else if (reader.TokenType == JsonTokenType.PropertyName && !objects.Peek().Add(reader.GetString()!))
                throw new BadInputException($"'{path}': line {1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n')}: '{reader.GetString()}' stands in this object a second time; keep one");
        }
    }
}

/// <summary>An object in a topology. Its fields are all known, and errors name file and field.</summary>
internal sealed class TopologyObject
{
    /// <summary>Bytes a second of the slowest and the fastest link that can be described.</summary>
    private const double LeastRate = 1e6, MostRate = 1e15;

    private readonly string _path;
    private readonly string _place;
    private readonly JsonElement _element;

    /// <param name="path">The file.</param>
    /// <param name="place">Where in it, with a dot behind; empty for the root.</param>
    /// <param name="element">The object.</param>
    /// <param name="fields">Those that it may have.</param>
    public TopologyObject(string path, string place, JsonElement element, params string[] fields)
    {
        (_path, _place, _element) = (path, place, element);
        foreach (var property in element.EnumerateObject())
        {
            if (!fields.Contains(property.Name)) throw Bad(property.Name, $"is not known; there are {string.Join(", ", fields)}");
        }
    }

    public bool Has(string field) => _element.TryGetProperty(field, out _);

    public int Integer(string field, int least, int most) =>
        _element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Bad(field, $"must be an integer from {least} to {most}");

    public int Slot(string field, int slots) => Integer(field, 0, slots - 1);

    /// <summary>Bytes a second. What is far from any link is a number in another unit, and a run would stand still for it.</summary>
    public double Rate(string field)
    {
        if (!_element.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Number || !(value.GetDouble() > 0))
            throw Bad(field, "must be a number of bytes a second above 0");
        var rate = value.GetDouble();
        if (rate is >= LeastRate and <= MostRate) return rate;
        var hint = rate is >= 0.01 and <= 10_000 ? $"; did you mean {value.GetRawText()}e9?" : "";
        throw Bad(field, $"is {value.GetRawText()}, and must be from 1e6 to 1e15: rates are bytes per second{hint}");
    }

    public string Text(string field) => OptionalText(field) ?? throw Bad(field, "is missing");

    public string? OptionalText(string field)
    {
        if (!_element.TryGetProperty(field, out var value)) return null;
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw Bad(field, "must be a name");
    }

    /// <summary>Two slots.</summary>
    public (int A, int B) Pair(string field, int slots)
    {
        if (_element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
            && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.Number && one.TryGetInt32(out var slot) && slot >= 0 && slot < slots)
            && value[0].GetInt32() != value[1].GetInt32())
        {
            return (value[0].GetInt32(), value[1].GetInt32());
        }

        throw Bad(field, $"must be two different slots from 0 to {slots - 1}");
    }

    /// <summary>The objects of a list; none where it is missing.</summary>
    public IEnumerable<TopologyObject> Objects(string field, params string[] fields)
    {
        if (!_element.TryGetProperty(field, out var list)) yield break;
        if (list.ValueKind != JsonValueKind.Array) throw Bad(field, "must be a list");
        var at = 0;
        foreach (var one in list.EnumerateArray())
        {
            var place = $"{_place}{field}[{at++}]";
            if (one.ValueKind != JsonValueKind.Object) throw new BadInputException($"'{_path}': {place} must be an object");
            yield return new TopologyObject(_path, place + ".", one, fields);
        }
    }

    public BadInputException Bad(string field, string what) => new($"'{_path}': {_place}{field} {what}");
}
