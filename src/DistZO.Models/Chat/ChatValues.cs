using System.Text.Json;
using DistZO.Models.Chat.Templates;

namespace DistZO.Models.Chat;

/// <summary>JSON as values of a template.</summary>
internal static class ChatValues
{
    /// <summary>The value of well-formed JSON.</summary>
    /// <exception cref="TemplateProblem">A number is not a whole one of 64 bits.</exception>
    public static object? Of(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return json.GetString();
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Number:
                return json.TryGetInt64(out long number)
                    ? number
                    : throw new TemplateProblem($"the number {json.GetRawText()} in the messages is not supported; write it as a text");
            case JsonValueKind.Array:
                return json.EnumerateArray().Select(Of).ToList();
            case JsonValueKind.Object:
                var map = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
                foreach (var entry in json.EnumerateObject()) map[entry.Name] = Of(entry.Value);
                return map;
            default:
                return null;
        }
    }
}
