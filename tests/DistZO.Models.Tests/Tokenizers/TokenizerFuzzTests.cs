using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistZO.Devices;
using DistZO.Models.Tokenizers;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>Whatever the file holds, loading it succeeds or says in one line what is wrong.</summary>
public class TokenizerFuzzTests
{
    /// <summary>What the damage puts in.</summary>
    private static readonly string[] Words =
        ["null", "-1", "1e99", "4294967296", "[]", "{}", "\"\"", "true", "\"\\udc00\"", "\"BPE\"", "\"Sequence\"", ","];

    /// <summary>What replaces a value.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "-1", "1e99", "0.5", "7", "\"\"", "\"BPE\"", "\"ByteLevel\"", "\"Sequence\"", "\"\\n\"", "[]", "{}", "[[]]",
        "[\"a\", 1]", "{\"type\": \"Sequence\", \"processors\": []}", "{\"type\": 3}",
    ];

    [Fact]
    public void Load_RandomlyDamagedFile_LoadsOrRefuses()
    {
        byte[] sound = JsonSerializer.SerializeToUtf8Bytes(Sound());
        var random = new Random(3);
        int loaded = 0;
        for (int i = 0; i < 1_500; i++) loaded += LoadOrRefuse(Damage(sound, random));
        Assert.InRange(loaded, 1, 1_499);
    }

    /// <summary>Sound JSON of the wrong shape: any value but those of the vocabulary replaced by another.</summary>
    [Fact]
    public void Load_RandomlyReplacedValue_LoadsOrRefuses()
    {
        var random = new Random(4);
        int loaded = 0;
        for (int i = 0; i < 600; i++)
        {
            var json = Sound();
            for (int edits = random.Next(1, 3); edits > 0; edits--)
            {
                var parents = new List<JsonNode>();
                Collect(json, parents);
                var parent = parents[random.Next(parents.Count)];
                var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
                if (parent is JsonArray list) list[random.Next(list.Count)] = value;
                else if (random.Next(4) == 0) parent.AsObject().Remove(Field(parent, random));
                else parent[Field(parent, random)] = value;
            }

            loaded += LoadOrRefuse(JsonSerializer.SerializeToUtf8Bytes(json));
        }

        Assert.InRange(loaded, 1, 599);
    }

    private static JsonObject Sound()
    {
        var json = TinyTokenizer.WithAdded(
            TinyTokenizer.Added(TinyTokenizer.FirstAdded, "<t>", "lstrip"),
            TinyTokenizer.Added(TinyTokenizer.FirstAdded + 1, "word", "single_word"));
        json["normalizer"] = JsonNode.Parse("""{"type": "Sequence", "normalizers": [{"type": "NFC"}]}""");
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                TinyTokenizer.Split(Llama3Splitter.QwenPattern), TinyTokenizer.ByteLevel(addPrefixSpace: true, useRegex: false)),
        };
        json["post_processor"] = JsonNode.Parse("""
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<t>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "pair": [], "special_tokens": {"<t>": {"id": "<t>", "ids": [260], "tokens": ["<t>"]}}}
            """);
        return json;
    }

    /// <summary>All objects and arrays that hold something, but the vocabulary.</summary>
    private static void Collect(JsonNode? node, List<JsonNode> parents)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject { Count: > 0 and < 200 } fields => fields.Select(f => f.Value),
            JsonArray { Count: > 0 } items => items,
            _ => [],
        };
        if (!children.Any()) return;
        parents.Add(node!);
        foreach (var child in children) Collect(child, parents);
    }

    private static string Field(JsonNode parent, Random random) => parent.AsObject().ElementAt(random.Next(parent.AsObject().Count)).Key;

    /// <summary>1 if it loads (and then encodes), 0 if it is refused properly.</summary>
    private static int LoadOrRefuse(byte[] file)
    {
        try
        {
            var tokenizer = TinyTokenizer.Load(file);
            tokenizer.Decode(tokenizer.Encode("hello <t> word e\u0301 \U0001F600"));
            return 1;
        }
        catch (BadInputException e)
        {
            // Any other exception fails the test.
            Assert.DoesNotContain('\n', e.Message);
            return 0;
        }
    }

    /// <summary>One to three edits: a byte changed, a piece cut out, repeated or moved, the end lost, a number or a word put in.</summary>
    private static byte[] Damage(byte[] sound, Random random)
    {
        List<byte> bytes = [.. sound];
        for (int edits = random.Next(1, 4); edits > 0 && bytes.Count > 40; edits--)
        {
            // The interesting parts are short and lie outside the vocabulary, at both ends.
            int at = random.Next(3) switch
            {
                0 => random.Next(bytes.Count),
                1 => random.Next(Math.Min(900, bytes.Count)),
                _ => bytes.Count - 1 - random.Next(Math.Min(200, bytes.Count)),
            };
            int length = random.Next(1, 30);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(length, bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(length, bytes.Count - at)));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }
}
