using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>The JSON of a topology.</summary>
internal static class TopologyFile
{
    /// <summary>Reads it.</summary>
    /// <exception cref="BadInputException">It cannot be read, or is not one JSON object.</exception>
    public static JsonDocument Parse(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new BadInputException($"'{path}': it is not a JSON object");
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $" at line {line + 1}, column {e.BytePositionInLine + 1}" : "";
            throw new BadInputException($"'{path}': it is not valid JSON{place}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read '{path}' ({e.Message.TrimEnd('.')}); check --topology", e);
        }
    }
}

/// <summary>An object in a topology. Its fields are all known, and errors name file and field.</summary>
internal sealed class TopologyObject
{
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

    /// <summary>Bytes a second.</summary>
    public double Rate(string field) =>
        _element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and var rate && double.IsFinite(rate)
            ? rate
            : throw Bad(field, "must be a number of bytes a second above 0");

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
