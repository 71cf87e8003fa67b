using System.Text;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// A model's <c>config.json</c>, or an object inside it. A key that is null counts as absent, as in Transformers. Every error names
/// the file and the key.
/// </summary>
public sealed class ModelConfig
{
    private readonly JsonElement _json;
    private readonly string _path;
    private readonly string _prefix;

    private ModelConfig(JsonElement json, string path, string prefix)
    {
        _json = json;
        _path = path;
        _prefix = prefix;
    }

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="BadInputException">It cannot be read or is not a JSON object.</exception>
    public static ModelConfig Read(string path) => new(JsonFile.ReadObject(path), path, "");

    /// <summary>A config that is in no file, such as that of a model shape to measure.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="BadInputException">It is not a JSON object.</exception>
    public static ModelConfig Parse(string json, string name) => new(JsonFile.ParseObject(Encoding.UTF8.GetBytes(json), name), name, "");

    /// <summary>The names of all keys, in the order of the file.</summary>
    public IEnumerable<string> Names => _json.EnumerateObject().Select(property => property.Name);

    /// <summary>True if the key is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>True if the key is absent, null, false, 0, or an empty text, list or object: an option that is not used.</summary>
    public bool IsOff(string name) => Find(name) switch
    {
        null => true,
        { ValueKind: JsonValueKind.False } => true,
        { ValueKind: JsonValueKind.Number } value => value.TryGetDouble(out var number) && number == 0,
        { ValueKind: JsonValueKind.String } value => value.GetString()!.Length == 0,
        { ValueKind: JsonValueKind.Array } value => value.GetArrayLength() == 0,
        { ValueKind: JsonValueKind.Object } value => !value.EnumerateObject().Any(),
        _ => false,
    };

    /// <summary>True if the key is a text.</summary>
    public bool IsText(string name) => Find(name) is { ValueKind: JsonValueKind.String };

    /// <summary>A whole number that must be there.</summary>
    public int GetInt(string name) => TryGetInt(name) ?? throw Missing(name);

    /// <summary>A whole number, or <paramref name="absent"/>.</summary>
    public int GetIntOr(string name, int absent) => TryGetInt(name) ?? absent;

    /// <summary>A number that must be there.</summary>
    public double GetDouble(string name) => TryGetDouble(name) ?? throw Missing(name);

    /// <summary>A number, or <paramref name="absent"/>.</summary>
    public double GetDoubleOr(string name, double absent) => TryGetDouble(name) ?? absent;

    /// <summary>True or false, or <paramref name="absent"/>.</summary>
    public bool GetBoolOr(string name, bool absent) => Find(name) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(name, "true or false", value),
    };

    /// <summary>A text that must be there.</summary>
    public string GetString(string name) => TryGetString(name) ?? throw Missing(name);

    /// <summary>A text, or <paramref name="absent"/>.</summary>
    public string GetStringOr(string name, string absent) => TryGetString(name) ?? absent;

    /// <summary>Whole numbers: a list, or a single one as <c>eos_token_id</c> may be. Empty if absent.</summary>
    public IReadOnlyList<int> GetInts(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => ToInt(name, item))],
        { } value => [ToInt(name, value)],
    };

    /// <summary>A list of texts. Empty if absent.</summary>
    public IReadOnlyList<string> GetStrings(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => ToText(name, item))],
        { } value => throw Wrong(name, "a list of texts", value),
    };

    /// <summary>An object inside this one, or null.</summary>
    public ModelConfig? GetObject(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ModelConfig(value, _path, $"{_prefix}{name}."),
        { } value => throw Wrong(name, "an object", value),
    };

    /// <summary>The error for a value that DistZO cannot honour.</summary>
    /// <param name="name">The key.</param>
    /// <param name="supported">What it may be, for example <c>only "relu" is</c>.</param>
    public BadInputException Unsupported(string name, string supported) =>
        new($"'{_path}': '{_prefix}{name}' is {(Find(name) is { } value ? Show(value) : "absent")}, which is not supported; {supported}");

    private JsonElement? Find(string name) =>
        _json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private int? TryGetInt(string name) => Find(name) is { } value ? ToInt(name, value) : null;

    private int ToInt(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Wrong(name, "a whole number", value);

    private double? TryGetDouble(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)) return number;
        throw Wrong(name, "a number", value);
    }

    private string? TryGetString(string name) => Find(name) is { } value ? ToText(name, value) : null;

    private string ToText(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, "a text", value);

    private BadInputException Missing(string name) => JsonFile.Bad(_path, $"'{_prefix}{name}' is missing");

    private BadInputException Wrong(string name, string wanted, JsonElement value) =>
        JsonFile.Bad(_path, $"'{_prefix}{name}' must be {wanted}, not {Show(value)}");

    private static string Show(JsonElement value)
    {
        var text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
