using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>
/// A tokenizer.json small enough to work out by hand: byte b has id b, then the merges he, ll, hell and " he" have 256 to 259.
/// Tests change the JSON and load it from a file of their own.
/// </summary>
internal static class TinyTokenizer
{
    public const int He = 256, Ll = 257, Hell = 258, SpaceHe = 259, FirstAdded = 260;

    private static readonly string[] Merges = ["h e", "l l", "he ll", "Ġ he"];

    public static JsonObject Json()
    {
        var vocabulary = new JsonObject();
        foreach (int b in Enumerable.Range(0, 256)) vocabulary.Add(Letter(b).ToString(), b);
        foreach (string merge in Merges) vocabulary.Add(merge.Replace(" ", "", StringComparison.Ordinal), vocabulary.Count);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(addPrefixSpace: false, useRegex: true),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(addPrefixSpace: true, useRegex: true),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. Merges.Select(m => JsonValue.Create(m))]),
            },
        };
    }

    public static JsonObject ByteLevel(bool addPrefixSpace, bool useRegex) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = addPrefixSpace,
        ["trim_offsets"] = true,
        ["use_regex"] = useRegex,
    };

    public static JsonObject Split(string regex) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = regex },
        ["behavior"] = "Isolated",
        ["invert"] = false,
    };

    /// <summary>An added token; flags is any of the names of its fields, separated by spaces.</summary>
    public static JsonObject Added(int id, string content, string flags = "")
    {
        var token = new JsonObject { ["id"] = id, ["content"] = content };
        foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized", "special"])
            token[flag] = flags.Split(' ').Contains(flag);
        return token;
    }

    public static JsonObject WithAdded(params JsonNode[] tokens)
    {
        var json = Json();
        json["added_tokens"] = new JsonArray(tokens);
        return json;
    }

    public static Tokenizer Load(JsonNode json) => Load(JsonSerializer.SerializeToUtf8Bytes(json));

    /// <summary>Loads bytes as a file named tokenizer.json in a folder that is gone afterwards.</summary>
    public static Tokenizer Load(byte[] file)
    {
        string folder = Directory.CreateTempSubdirectory("distzo-tokenizer-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), file);
            return Tokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static char Letter(int b)
    {
        // Bytes without a printable character of their own, in order, are written from U+0100 on.
        static bool IsPrintable(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        return (char)(IsPrintable(b) ? b : 0x100 + Enumerable.Range(0, b).Count(other => !IsPrintable(other)));
    }
}
