using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models.Tokenizers;

/// <summary>A JSON value that knows where it stands, so that whatever is wrong with it can be said in one line.</summary>
/// <param name="File">The file, as the user named it.</param>
/// <param name="Path">The way from the root, such as <c>model.merges[3]</c>; empty for the root.</param>
/// <param name="Value">The value; <see cref="JsonValueKind.Undefined"/> when the field is absent.</param>
internal readonly record struct JsonPlace(string File, string Path, JsonElement Value)
{
    /// <summary>Absent and null mean the same in tokenizer.json.</summary>
    public bool IsNull => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>A field of this object; the last one if it occurs twice. Refuses anything but an object.</summary>
    public JsonPlace this[string name]
    {
        get
        {
            Expect(JsonValueKind.Object, "an object");
            Value.TryGetProperty(name, out var field);
            return new JsonPlace(File, Path.Length == 0 ? name : $"{Path}.{name}", field);
        }
    }

    /// <summary>The elements of this array. Refuses anything but an array.</summary>
    public IEnumerable<JsonPlace> Items()
    {
        Expect(JsonValueKind.Array, "a list");
        var place = this;
        return Value.EnumerateArray().Select((item, i) => new JsonPlace(place.File, $"{place.Path}[{i}]", item));
    }

    public string Text()
    {
        Expect(JsonValueKind.String, "a text");
        return Value.GetString()!;
    }

    public bool Flag()
    {
        if (Value.ValueKind is JsonValueKind.True or JsonValueKind.False) return Value.GetBoolean();
        throw Wrong("true or false");
    }

    /// <summary>A flag that older files leave out.</summary>
    public bool Flag(bool absent) => IsNull ? absent : Flag();

    /// <summary>A token id: an integer from 0 to 2³¹ − 2, so that one more than it is an integer too.</summary>
    public int Id() => IsId(Value, out int id) ? id : throw Wrong("a token id (an integer from 0 to 2147483646)");

    /// <summary>Reads an id without a place, for long lists.</summary>
    public static bool IsId(JsonElement value, out int id)
    {
        id = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out id) && id is >= 0 and < int.MaxValue;
    }

    /// <summary>The <c>type</c> of a component.</summary>
    public string Type() => this["type"].Text();

    /// <summary>Something here is well formed but not what this program can do.</summary>
    public BadInputException Bad(string problem) => new(OneLine($"{File}: {(Path.Length == 0 ? "the file" : Path)}: {problem}"));

    /// <summary>A component of a type that is not supported; <paramref name="supported"/> lists those that are.</summary>
    public BadInputException Unsupported(string supported) => Bad($"type '{Type()}' is not supported (supported: {supported})");

    private void Expect(JsonValueKind kind, string name)
    {
        if (Value.ValueKind != kind) throw Wrong(name);
    }

    private BadInputException Wrong(string expected) => Bad(
        Value.ValueKind == JsonValueKind.Undefined
            ? $"the field is missing ({expected} is needed)"
            : $"expected {expected}, found {Excerpt(Value.GetRawText())}");

    private static string Excerpt(string raw) => raw.Length > 40 ? raw[..40] + "…" : raw;

    /// <summary>Tokens may hold line breaks; messages may not.</summary>
    private static string OneLine(string message) => string.Create(message.Length, message, static (line, text) =>
    {
        for (int i = 0; i < line.Length; i++) line[i] = char.IsControl(text[i]) ? ' ' : text[i];
    });
}
