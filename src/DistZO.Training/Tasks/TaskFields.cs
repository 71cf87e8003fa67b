using System.Globalization;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>The fields of a row, or of an object inside of it, as a task reads them. Every error names file, line, field and task.</summary>
internal readonly struct TaskFields
{
    private readonly JsonlRow _row;
    private readonly JsonElement _value;
    private readonly string _task;
    private readonly string _place;

    public TaskFields(JsonlRow row, string task)
        : this(row, row.Value, task, "")
    {
    }

    private TaskFields(JsonlRow row, JsonElement value, string task, string place) =>
        (_row, _value, _task, _place) = (row, value, task, place);

    /// <summary>Whether there is a field of this name that is not null.</summary>
    public bool Has(string field) => _value.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether a field is an object, as where files nest what data sets flatten.</summary>
    public bool HasObject(string field) => _value.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>A field that must be a string; the first of the names that is there.</summary>
    public string Text(params ReadOnlySpan<string> names) => Text(Find(names, out string found), found);

    /// <summary>A field that must be an object.</summary>
    public TaskFields Object(string field)
    {
        var value = Find([field], out _);
        return value.ValueKind == JsonValueKind.Object ? new(_row, value, _task, $"{_place}{field}.") : throw Wrong(field, "an object", value);
    }

    /// <summary>A field that must be a list of objects.</summary>
    public IEnumerable<TaskFields> Objects(string field)
    {
        var self = this;
        return List(field).Select((item, i) => item.ValueKind == JsonValueKind.Object
            ? new TaskFields(self._row, item, self._task, $"{self._place}{field}[{i}].")
            : throw self.Wrong($"{field}[{i}]", "an object", item));
    }

    /// <summary>A field that must be a list of strings.</summary>
    public string[] Texts(string field)
    {
        var self = this;
        return [.. List(field).Select((item, i) => self.Text(item, $"{field}[{i}]"))];
    }

    /// <summary>A field that must be a whole number.</summary>
    public int Whole(string field)
    {
        var value = Find([field], out _);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int whole) ? whole : throw Wrong(field, "a whole number", value);
    }

    /// <summary>
    /// The index of the right label: the number itself (as a number or a text), or one of the label's words, such as <c>entailment</c>
    /// or <c>true</c>, in upper or lower case. The first of the names that is there.
    /// </summary>
    /// <param name="words">For each label, the words that mean it.</param>
    /// <param name="names">Names of the field.</param>
    public int Label(string[][] words, params ReadOnlySpan<string> names)
    {
        var value = Find(names, out string found);
        string text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => throw Wrong(found, "a label", value),
        };
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < words.Length) return index;
        index = Array.FindIndex(words, same => same.Contains(text, StringComparer.OrdinalIgnoreCase));
        if (index >= 0) return index;
        string known = string.Join(", ", words.Select((same, i) => $"{i} ({string.Join(" or ", same)})"));
        string hint = text == "-1" ? "; rows without a label, as in test files, cannot be used" : "";
        throw Error($"field \"{_place}{found}\" is {text}, which is none of {known}{hint}");
    }

    /// <summary>An error about this row.</summary>
    public BadInputException Error(string problem) => _row.Error($"task {_task}: {problem}");

    private IEnumerable<JsonElement> List(string field)
    {
        var value = Find([field], out _);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(field, "a list", value);
    }

    private string Text(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(field, "a string", value);

    private JsonElement Find(ReadOnlySpan<string> names, out string found)
    {
        foreach (string name in names)
        {
            found = name;
            if (_value.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null) return value;
        }
        string place = _place;
        string wanted = string.Join(" or ", names.ToArray().Select(name => $"\"{place}{name}\""));
        string there = string.Join(", ", _value.EnumerateObject().Select(field => $"\"{field.Name}\""));
        throw Error($"wants the field {wanted}; the row has {(there.Length > 0 ? there : "no fields")}{(place.Length > 0 ? $" at {place.TrimEnd('.')}" : "")}");
    }

    private BadInputException Wrong(string field, string expected, JsonElement found) =>
        Error($"field \"{_place}{field}\" must be {expected}, but is {JsonlRow.Kind(found)}");
}
