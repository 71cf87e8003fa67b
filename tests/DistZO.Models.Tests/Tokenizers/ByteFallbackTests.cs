using System.Text.Json.Nodes;
using T = DistZO.Models.Tests.Tokenizers.TinyFallbackTokenizer;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>Tokenizers of characters that fall back to bytes. Expectations follow from the definition of each component.</summary>
public class ByteFallbackTests
{
    private const int Byte = T.FirstByte;

    [Theory]
    [InlineData("a", new[] { T.MarkA })]
    [InlineData("ab", new[] { T.Mark, T.Ab })] // "a b" has a lower rank than "▁ a"
    [InlineData(" a", new[] { T.Mark, T.MarkA })] // and that one than "▁ ▁"
    [InlineData("  c", new[] { T.TwoMarks, T.Mark, T.C })] // of equals the leftmost
    [InlineData("", new int[0])]
    public void Encode_Text_BeginsWithAMark(string text, int[] expected) =>
        Assert.Equal(expected, TinyTokenizer.Load(T.Json()).Encode(text, addSpecialTokens: false));

    [Fact]
    public void Encode_UnknownCharacters_AreTheirBytes()
    {
        var tokenizer = TinyTokenizer.Load(T.Json());

        Assert.Equal([T.Begin, T.Mark, Byte + 0xC3, Byte + 0xA9, T.C], tokenizer.Encode("éc"));
        Assert.Equal([T.Begin, T.Mark, Byte + 0xF0, Byte + 0x9F, Byte + 0x98, Byte + 0x80], tokenizer.Encode("\U0001F600"));
        Assert.Equal([T.Begin, T.Mark, Byte + '\r', Byte + '\n', Byte], tokenizer.Encode("\r\n\0"));
        Assert.Equal(tokenizer.Encode("\uFFFD"), tokenizer.Encode("\uD83D"));
    }

    [Theory]
    [InlineData(true, new[] { T.Mark, T.Unknown, T.C, Byte + 0xC3, Byte + 0xA9, T.Unknown })]
    [InlineData(false, new[] { T.Mark, T.Unknown, T.Unknown, T.C, Byte + 0xC3, Byte + 0xA9, T.Unknown, T.Unknown })]
    public void Encode_BytesMissing_UnknownTokensFuseIfAsked(bool fuse, int[] expected)
    {
        // Without <0x0A> a line break is unknown. The unknown token is written when the next known character comes, or an unknown one
        // that does not fuse, so é's bytes overtake it.
        var json = T.Json();
        json["model"]!["vocab"]!.AsObject().Remove("<0x0A>");
        json["model"]!["fuse_unk"] = fuse;

        Assert.Equal(expected, TinyTokenizer.Load(json).Encode("\n\nc\né\n", addSpecialTokens: false));
    }

    [Fact]
    public void Encode_NoFallback_GivesTheUnknownToken()
    {
        var json = T.Json();
        json["model"]!["byte_fallback"] = false;

        Assert.Equal([T.Begin, T.Mark, T.Unknown, T.C], TinyTokenizer.Load(json).Encode("é\U0001F600c"));
    }

    [Theory]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}""",
        new[] { T.MarkA, T.Mark, T.MarkA })]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}""",
        new[] { T.MarkA, T.Mark, T.MarkA })]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true}""", new[] { T.A, T.Mark, T.MarkA })]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}""", new[] { T.MarkA, T.Mark, T.MarkA })]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false, "str_rep": "▁"}""", new[] { T.A, T.Mark, T.MarkA })]
    public void Metaspace_EitherSpelling_PutsTheMarkInFront(string metaspace, int[] expected) =>
        Assert.Equal(expected, TinyTokenizer.Load(T.WithMetaspace(metaspace)).Encode("a  a", addSpecialTokens: false));

    [Theory]
    [InlineData("always", new[] { T.Mark, T.C, T.FirstAdded, T.MarkA, T.FirstAdded, T.MarkA })]
    [InlineData("first", new[] { T.Mark, T.C, T.FirstAdded, T.A, T.FirstAdded, T.MarkA })]
    [InlineData("never", new[] { T.C, T.FirstAdded, T.A, T.FirstAdded, T.MarkA })]
    public void Metaspace_BehindAddedTokens_MarksTheFirstPieceOnly(string scheme, int[] expected)
    {
        var json = T.WithMetaspace($$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": false}""");
        json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(T.FirstAdded, "[X]", "special"));

        Assert.Equal(expected, TinyTokenizer.Load(json).Encode("c[X]a[X] a", addSpecialTokens: false));
    }

    [Theory]
    [InlineData(true, new[] { T.Mark, T.Mark, T.C })]
    [InlineData(false, new[] { T.TwoMarks, T.C })]
    public void Metaspace_Split_KeepsMarksApart(bool split, int[] expected)
    {
        string flag = split ? "true" : "false";
        var json = T.WithMetaspace($$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": {{flag}}}""");

        Assert.Equal(expected, TinyTokenizer.Load(json).Encode("  c", addSpecialTokens: false));
    }

    /// <summary>The whole text is one word to the model, although words are looked up one by one where merges allow it.</summary>
    [Fact]
    public void Encode_MergeAcrossWords_IsMade()
    {
        var json = T.Json();
        json["model"]!["vocab"]!["c▁"] = T.FirstAdded;
        json["model"]!["merges"]!.AsArray().Insert(0, (JsonNode)"c ▁");

        Assert.Equal([T.Begin, T.Mark, T.FirstAdded, T.A], TinyTokenizer.Load(json).Encode("c a"));
    }

    /// <summary>A merge that never applies turns cutting at words off, so the same text is encoded in both ways.</summary>
    [Fact]
    public void Encode_RandomText_IsTheSameCutAtWordsOrNot()
    {
        var whole = T.Json();
        whole["model"]!["vocab"]!["\u0001"] = T.FirstAdded;
        whole["model"]!["vocab"]!["\u0001▁"] = T.FirstAdded + 1;
        whole["model"]!["merges"]!.AsArray().Add((JsonNode)"\u0001 ▁");
        Tokenizer byWords = TinyTokenizer.Load(T.Json()), atOnce = TinyTokenizer.Load(whole);
        var random = new Random(21);
        for (int i = 0; i < 2_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => "aabc  ▁\né"[random.Next(9)]));
            Assert.Equal(atOnce.Encode(text), byWords.Encode(text));
        }
    }

    [Fact]
    public void AddedToken_NormalizedUnderPrepend_IsFoundWithItsMark()
    {
        var json = T.Json();
        json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(T.FirstAdded, "[X]", "normalized special"));
        var tokenizer = TinyTokenizer.Load(json);

        // In the text "▁c▁[X]" only the second one stands as "▁[X]".
        Assert.Equal([T.Mark, T.C, T.FirstAdded], tokenizer.Encode("c [X]", addSpecialTokens: false));
        Assert.Equal([T.FirstAdded], tokenizer.Encode("[X]", addSpecialTokens: false));
        Assert.DoesNotContain(T.FirstAdded, tokenizer.Encode("c[X]", addSpecialTokens: false));
    }

    [Fact]
    public void Decode_Bytes_AreTextOrOneMarkEach()
    {
        var tokenizer = TinyTokenizer.Load(T.Json());

        Assert.Equal("aé", tokenizer.Decode([T.MarkA, Byte + 0xC3, Byte + 0xA9]));
        Assert.Equal("a\uFFFD\uFFFDa", tokenizer.Decode([T.MarkA, Byte + 0xC3, Byte + 'x', T.A]));
        Assert.Equal("\uFFFD\uFFFD\uFFFD", tokenizer.Decode([Byte + 0xED, Byte + 0xA0, Byte + 0x80])); // a surrogate is no UTF-8
        Assert.Equal("x", tokenizer.Decode([Byte + 'x']));
    }

    [Fact]
    public void Decode_FirstSpace_IsStrippedOnce()
    {
        var tokenizer = TinyTokenizer.Load(T.Json());

        Assert.Equal("a a", tokenizer.Decode([T.MarkA, T.MarkA]));
        Assert.Equal(" c", tokenizer.Decode([T.TwoMarks, T.C]));
        Assert.Equal("<s> a", tokenizer.Decode([T.Begin, T.MarkA]));
        Assert.Equal("a", tokenizer.Decode([T.Begin, T.MarkA], skipSpecialTokens: true));
        Assert.Equal("", tokenizer.Decode([]));
    }

    [Theory]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}""", "c  a")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}""", "  c  a")]
    [InlineData("""{"type": "Fuse"}""", "▁▁c▁▁a")]
    [InlineData("""{"type": "Strip", "content": "▁", "start": 1, "stop": 9}""", "ca")]
    [InlineData("null", "▁▁ c ▁ ▁a")]
    public void Decode_OtherDecoders_FollowTheirDefinition(string decoder, string expected)
    {
        var json = T.Json();
        json["decoder"] = JsonNode.Parse(decoder);

        Assert.Equal(expected, TinyTokenizer.Load(json).Decode([T.TwoMarks, T.C, T.Mark, T.MarkA]));
    }

    [Fact]
    public void Decode_RandomUnicode_RoundTrips()
    {
        var tokenizer = TinyTokenizer.Load(T.Json());
        var random = new Random(8);
        for (int i = 0; i < 1_000; i++)
        {
            string text = RandomText.Next(random).Replace('▁', '_');
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: false)));
        }
    }
}
