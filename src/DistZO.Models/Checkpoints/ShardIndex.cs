using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A <c>model.safetensors.index.json</c>: which shard holds which tensor.</summary>
internal sealed class ShardIndex
{
    private ShardIndex(string path, JsonElement json, IReadOnlyList<KeyValuePair<string, string>> weightMap)
    {
        Path = path;
        Json = json;
        WeightMap = weightMap;
    }

    public string Path { get; }

    /// <summary>The whole file.</summary>
    public JsonElement Json { get; }

    /// <summary>Tensor to the name of its shard, a file beside the index; in the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> WeightMap { get; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="BadInputException">It is not an index, or it names a file outside of its own directory.</exception>
    public static ShardIndex Read(string path)
    {
        var json = JsonFile.ReadObject(path);
        if (!json.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw JsonFile.Bad(path, "it has no object 'weight_map'");
        }

        var weightMap = new List<KeyValuePair<string, string>>();
        foreach (var pair in map.EnumerateObject())
        {
            if (pair.Value.ValueKind != JsonValueKind.String) throw JsonFile.Bad(path, $"the shard of '{pair.Name}' is not a text");
            var shard = pair.Value.GetString()!;
            if (!IsPlainName(shard))
            {
                throw JsonFile.Bad(path, $"the shard of '{pair.Name}' is {pair.Value.GetRawText()}, not the name of a file beside it");
            }

            weightMap.Add(KeyValuePair.Create(pair.Name, shard));
        }

        if (weightMap.Count == 0) throw JsonFile.Bad(path, "its 'weight_map' is empty");
        return new ShardIndex(path, json, weightMap);
    }

    // Stricter than "no '..' and not absolute": no directories at all, and both kinds of slash on every system.
    private static bool IsPlainName(string name) =>
        name is not ("" or "." or "..") && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));
}
