using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>One row of a JSON Lines file: an object whose field values are kept as JSON, and the place it came from.</summary>
public sealed class JsonlRow
{
    private readonly JsonElement _value;

    internal JsonlRow(string path, int line, JsonElement value)
    {
        Path = path;
        Line = line;
        _value = value;
    }

    /// <summary>The file, as the user named it.</summary>
    public string Path { get; }

    /// <summary>The line in the file, from 1.</summary>
    public int Line { get; }

    /// <summary>The fields in the order of the file.</summary>
    public IEnumerable<(string Name, JsonElement Value)> Fields => _value.EnumerateObject().Select(entry => (entry.Name, entry.Value));

    /// <summary>The object itself.</summary>
    internal JsonElement Value => _value;

    /// <summary>Whether the row has a field of this name.</summary>
    public bool Has(string field) => _value.TryGetProperty(field, out _);

    /// <summary>A field's value. When there is none, the error names the fields that there are.</summary>
    public JsonElement this[string field] => _value.TryGetProperty(field, out var value)
        ? value
        : throw Error($"there is no field \"{field}\"; the row has {FieldList()}");

    /// <summary>A field that must be a string.</summary>
    public string String(string field)
    {
        var value = this[field];
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Error($"field \"{field}\" must be a string, but is {Kind(value)}");
    }

    /// <summary>A field as text: a string as it is, a number or a boolean by its JSON text.</summary>
    public string Text(string field)
    {
        var value = this[field];
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => throw Error($"field \"{field}\" must be a string, a number or a boolean to stand in a prompt, but is {Kind(value)}"),
        };
    }

    /// <summary>An error about this row: its message begins with the file and the line.</summary>
    public BadInputException Error(string problem) => new($"{Path}:{Line}: {problem}");

    /// <summary>The row's field names for a message.</summary>
    internal string FieldList()
    {
        string names = string.Join(", ", Fields.Select(field => $"\"{field.Name}\""));
        return names.Length == 0 ? "no fields" : names;
    }

    /// <summary>A JSON value's type in the words of a message.</summary>
    internal static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
