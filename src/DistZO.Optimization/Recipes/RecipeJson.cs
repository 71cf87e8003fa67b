using System.Text.Json;
using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>Reads recipe values back from JSON, as they stand in a ledger's header.</summary>
internal static class RecipeJson
{
    /// <summary>The value as if a user had written it. <paramref name="source"/> names the header in errors.</summary>
    public static RecipeNode Read(JsonNode? json, string source) => json switch
    {
        JsonArray list => new RecipeSequence(source, [.. list.Select(item => Read(item, source))]),
        JsonValue value => new RecipeScalar(source, Text(value), Plain: value.GetValueKind() != JsonValueKind.String),
        null => new RecipeScalar(source, "null", Plain: true),
        _ => throw new BadInputException($"{source}: a recipe value is an object"),
    };

    private static string Text(JsonValue value) =>
        value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
