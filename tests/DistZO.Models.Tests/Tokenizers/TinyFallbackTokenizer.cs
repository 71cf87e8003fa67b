using System.Text.Json.Nodes;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>
/// A tokenizer.json in LLaMA-2's manner, small enough to work out by hand: <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c>, the
/// bytes b as 3 + b, then the mark of a space, a, b, c and the merges "ab", "▁a" and "▁▁".
/// </summary>
internal static class TinyFallbackTokenizer
{
    public const int Unknown = 0, Begin = 1, End = 2, FirstByte = 3;

    public const int Mark = 259, A = 260, B = 261, C = 262, Ab = 263, MarkA = 264, TwoMarks = 265, FirstAdded = 266;

    private static readonly string[] Merges = ["a b", "▁ a", "▁ ▁"];

    public static JsonObject Json()
    {
        var vocabulary = new JsonObject();
        foreach (string token in Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>").Prepend("</s>").Prepend("<s>").Prepend("<unk>"))
            vocabulary.Add(token, vocabulary.Count);
        foreach (string token in (string[])["▁", "a", "b", "c", "ab", "▁a", "▁▁"]) vocabulary.Add(token, vocabulary.Count);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(
                TinyTokenizer.Added(Unknown, "<unk>", "special"),
                TinyTokenizer.Added(Begin, "<s>", "special"),
                TinyTokenizer.Added(End, "</s>", "special")),
            ["normalizer"] = JsonNode.Parse("""
                {"type": "Sequence", "normalizers": [
                  {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
                """),
            ["pre_tokenizer"] = null,
            ["post_processor"] = JsonNode.Parse("""
                {"type": "TemplateProcessing",
                 "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                 "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                          {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
                 "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
                """),
            ["decoder"] = JsonNode.Parse("""
                {"type": "Sequence", "decoders": [
                  {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
                """),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. Merges.Select(m => JsonValue.Create(m))]),
            },
        };
    }

    /// <summary>The later spelling: Metaspace instead of the normalizers.</summary>
    public static JsonObject WithMetaspace(string metaspace)
    {
        var json = Json();
        json["normalizer"] = null;
        json["pre_tokenizer"] = JsonNode.Parse(metaspace);
        return json;
    }
}
