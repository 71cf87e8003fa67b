using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>One field of a data file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Rows that have it.</param>
/// <param name="Types">JSON types it was seen with, in the order they appeared: string, number, boolean, null, array, object.</param>
/// <param name="LongestText">Characters (UTF-16 units) of its longest string; 0 if it is never one.</param>
public sealed record DataField(string Name, long Rows, IReadOnlyList<string> Types, int LongestText);

/// <summary>What a data file holds, for <c>distzo inspect</c>. The whole file is read and checked.</summary>
public sealed class DataFileSummary
{
    /// <summary>A field with more values than this is no label.</summary>
    private const int MostLabels = 100;

    private DataFileSummary(long rows, RowShape? shape, IReadOnlyList<DataField> fields, IReadOnlyDictionary<string, long>? labels)
    {
        Rows = rows;
        Shape = shape;
        Fields = fields;
        Labels = labels;
    }

    /// <summary>Rows of the file, blank lines not counted.</summary>
    public long Rows { get; }

    /// <summary>The shape that the first row has without a template; null when only a template can make prompts of it.</summary>
    public RowShape? Shape { get; }

    /// <summary>All fields in the order they appeared.</summary>
    public IReadOnlyList<DataField> Fields { get; }

    /// <summary>Rows for each label as text, most frequent first; null when the file has no field of labels.</summary>
    public IReadOnlyDictionary<string, long>? Labels { get; }

    /// <summary>Reads a file. Throws <see cref="BadInputException"/> for its first bad line.</summary>
    public static DataFileSummary Read(string path, string labelField = "label")
    {
        var fields = new OrderedDictionary<string, DataField>();
        Dictionary<string, long>? labels = [];
        RowShape? shape = null;
        long rows = 0;
        foreach (var row in JsonlFile.Read(path))
        {
            if (rows++ == 0) shape = RowShapes.Detect(row);
            foreach (var (name, value) in row.Fields) Count(fields, name, value);
            if (labels is not null && row.Has(labelField)) labels = CountLabel(labels, row, labelField);
        }
        return new DataFileSummary(rows, shape, [.. fields.Values], labels is { Count: > 0 } ? Ranked(labels) : null);
    }

    /// <summary>The summary for people, one line a fact.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"JSON Lines, {Rows} rows";
        yield return Shape is { } shape
            ? $"shape: {shape.Name()}"
            : "shape: none of {text}, {prompt, completion}, {messages}; set a template with \"prompt\" and \"choices\" (or \"completion\")";
        foreach (var field in Fields)
        {
            string missing = field.Rows < Rows ? $", missing in {Rows - field.Rows} of {Rows} rows" : "";
            string longest = field.LongestText > 0 ? $" of up to {field.LongestText} characters" : "";
            yield return $"field \"{field.Name}\": {string.Join(" or ", field.Types)}{longest}{missing}";
        }
        if (Labels is not null) yield return "labels: " + string.Join(", ", Labels.Select(label => $"\"{label.Key}\" {label.Value}"));
    }

    /// <summary>Writes the summary's members into an open JSON object: rows, shape, fields, labels.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("rows", Rows);
        json.WriteString("shape", Shape?.Name());
        json.WriteStartArray("fields");
        foreach (var field in Fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteNumber("rows", field.Rows);
            json.WriteStartArray("types");
            foreach (string type in field.Types) json.WriteStringValue(type);
            json.WriteEndArray();
            json.WriteNumber("longest_text", field.LongestText);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (Labels is null) return;
        json.WriteStartObject("labels");
        foreach (var label in Labels) json.WriteNumber(label.Key, label.Value);
        json.WriteEndObject();
    }

    private static OrderedDictionary<string, long> Ranked(Dictionary<string, long> labels) =>
        new(labels.OrderByDescending(label => label.Value).ThenBy(label => label.Key, StringComparer.Ordinal));

    private static void Count(OrderedDictionary<string, DataField> fields, string name, JsonElement value)
    {
        string type = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "boolean" : $"{value.ValueKind}".ToLowerInvariant();
        var field = fields.TryGetValue(name, out var known) ? known : new DataField(name, 0, [], 0);
        int length = value.ValueKind == JsonValueKind.String ? value.GetString()!.Length : 0;
        fields[name] = field with
        {
            Rows = field.Rows + 1,
            Types = field.Types.Contains(type) ? field.Types : [.. field.Types, type],
            LongestText = Math.Max(field.LongestText, length),
        };
    }

    private static Dictionary<string, long>? CountLabel(Dictionary<string, long> labels, JsonlRow row, string field)
    {
        if (row[field].ValueKind is JsonValueKind.Array or JsonValueKind.Object or JsonValueKind.Null) return null;
        string label = row.Text(field);
        labels[label] = labels.GetValueOrDefault(label) + 1;
        return labels.Count > MostLabels ? null : labels;
    }
}
