using System.Text.Json.Nodes;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>A text that grows token by token, against decoding all tokens each time.</summary>
public sealed class GrowingTextTests
{
    private static readonly string[] Stops = ["\n", "ab", " a a", "\uFFFD\uFFFD\uFFFD", "é", "▁c"];

    public static TheoryData<string> Decoders =>
    [
        """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}""",
        """
        {"type": "Sequence", "decoders": [
          {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
          {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
        """,
        """{"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Strip", "content": "▁", "start": 1, "stop": 1}]}""",
        """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "ByteFallback"}]}""",
        """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Strip", "content": "▁", "start": 0, "stop": 2}]}""",
        """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}""",
        """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}""",
        """{"type": "Fuse"}""",
        "null",
    ];

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Add_TokenByToken_GivesWhatDecodingAllGives(string decoder)
    {
        bool isByteLevel = decoder.Contains("ByteLevel", StringComparison.Ordinal);
        var json = isByteLevel ? TinyTokenizer.Json() : TinyFallbackTokenizer.Json();
        json["decoder"] = JsonNode.Parse(decoder);
        var tokenizer = TinyTokenizer.Load(json);
        var random = new Random(5);
        for (int text = 0; text < 200; text++)
        {
            var growing = tokenizer.NewText();
            // Bytes of whole characters between tokens of any kind: sequences that end, break off and go on.
            int[] ids = [.. Enumerable.Range(0, 12).SelectMany(_ => Next(tokenizer, random, isByteLevel ? 0 : TinyFallbackTokenizer.FirstByte))];
            string[] stops = [Stops[random.Next(Stops.Length)], Stops[random.Next(Stops.Length)]];
            for (int count = 1; count <= ids.Length; count++)
            {
                if (tokenizer.TokenOf(ids[count - 1], skipSpecialTokens: true) is { } token) growing.Add(token);
                string whole = tokenizer.Decode(ids.AsSpan(0, count), skipSpecialTokens: true);
                Assert.Equal(whole, growing.ToString());
                int first = stops.Select(stop => whole.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
                Assert.Equal(first < 0 ? null : whole[..first], growing.Before(stops));
                if (first >= 0) break;
            }
        }
    }

    private static IEnumerable<int> Next(Tokenizer tokenizer, Random random, int firstByte) => random.Next(3) switch
    {
        0 => [random.Next(tokenizer.VocabularySize + 2)],
        1 => [firstByte + random.Next(0x80, 0x100)],
        _ => System.Text.Encoding.UTF8.GetBytes(RandomText.Next(random)).Take(3).Select(b => firstByte + b),
    };
}
