using System.Text;
using System.Text.Json.Nodes;

namespace DistZO.Models.Tests.Tokenizers;

public class TokenizerTests
{
    [Fact]
    public void Encode_Merges_AppliesLowestRankFirst()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.Json());

        Assert.Equal([TinyTokenizer.Hell, 'o'], tokenizer.Encode("hello"));
        Assert.Equal([TinyTokenizer.Hell, 'o', ' ', TinyTokenizer.Hell], tokenizer.Encode("hello hell"));
        Assert.Equal([TinyTokenizer.SpaceHe, 'l', 'o', '-', TinyTokenizer.Ll], tokenizer.Encode(" helo-ll"));
        Assert.Equal([], tokenizer.Encode(""));
    }

    [Fact]
    public void Encode_PairsInsteadOfTexts_ReadsTheSameMerges()
    {
        var json = TinyTokenizer.Json();
        json["model"]!["merges"] = new JsonArray(new JsonArray("h", "e"), new JsonArray("l", "l"), new JsonArray("he", "ll"));

        Assert.Equal([TinyTokenizer.Hell, 'o'], TinyTokenizer.Load(json).Encode("hello"));
    }

    [Fact]
    public void Encode_ModelWithoutType_IsBpe()
    {
        var json = TinyTokenizer.Json();
        json["model"]!.AsObject().Remove("type");

        Assert.Equal([TinyTokenizer.Hell], TinyTokenizer.Load(json).Encode("hell"));
    }

    [Fact]
    public void Encode_IgnoreMerges_TakesTheWholeWord()
    {
        var json = TinyTokenizer.Json();
        json["model"]!["vocab"]!["abc"] = TinyTokenizer.FirstAdded;
        Assert.Equal(['a', 'b', 'c'], TinyTokenizer.Load(json).Encode("abc"));

        json["model"]!["ignore_merges"] = true;
        Assert.Equal([TinyTokenizer.FirstAdded], TinyTokenizer.Load(json).Encode("abc"));
    }

    [Theory]
    [InlineData(null, false, new[] { 'a', 'b' })]
    [InlineData("?", false, new[] { '?', '?', 'a', '?', 'b' })]
    [InlineData("?", true, new[] { '?', 'a', '?', 'b' })]
    public void Encode_ByteMissingFromVocabulary_GivesTheUnknownToken(string? unknown, bool fuse, char[] expected)
    {
        var json = TinyTokenizer.Json();
        json["model"]!["vocab"]!.AsObject().Remove("x");
        json["model"]!["unk_token"] = unknown;
        json["model"]!["fuse_unk"] = fuse;

        Assert.Equal(expected.Select(c => (int)c), TinyTokenizer.Load(json).Encode("xxaxb"));
    }

    [Fact]
    public void Encode_AddPrefixSpace_OnlyWhereNoSpaceIs()
    {
        var json = TinyTokenizer.Json();
        json["pre_tokenizer"] = TinyTokenizer.ByteLevel(addPrefixSpace: true, useRegex: true);
        var tokenizer = TinyTokenizer.Load(json);

        Assert.Equal([TinyTokenizer.SpaceHe], tokenizer.Encode("he"));
        Assert.Equal([TinyTokenizer.SpaceHe], tokenizer.Encode(" he"));
        Assert.Equal([' ', '\n', 'a'], tokenizer.Encode("\na"));
        Assert.Equal([], tokenizer.Encode(""));
    }

    [Fact]
    public void Encode_LongWord_EqualsItsParts()
    {
        // Quadratic work would take minutes here.
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.Json());
        string word = string.Concat(Enumerable.Repeat("hello", 200_000));

        int[] ids = tokenizer.Encode(word);

        Assert.Equal(Enumerable.Repeat(new[] { TinyTokenizer.Hell, 'o' }, 200_000).SelectMany(pair => pair), ids);
    }

    [Fact]
    public void Encode_Template_SurroundsTheTextUnlessTold()
    {
        var json = TinyTokenizer.WithAdded(TinyTokenizer.Added(TinyTokenizer.FirstAdded, "<s>", "special"));
        json["post_processor"] = JsonNode.Parse("""
            {"type": "Sequence", "processors": [
              {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false},
              {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
               "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [260], "tokens": ["<s>"]}}}]}
            """);
        var tokenizer = TinyTokenizer.Load(json);

        Assert.Equal([260, 'a'], tokenizer.Encode("a"));
        Assert.Equal([260], tokenizer.Encode(""));
        Assert.Equal(['a'], tokenizer.Encode("a", addSpecialTokens: false));
        Assert.Equal("<s>a", tokenizer.Decode([260, 'a']));
        Assert.Equal("a", tokenizer.Decode([260, 'a'], skipSpecialTokens: true));
    }

    [Fact]
    public void Encode_RobertaProcessing_PutsClsAndSepAround()
    {
        var json = TinyTokenizer.Json();
        json["post_processor"] = JsonNode.Parse("""
            {"type": "RobertaProcessing", "sep": ["b", 98], "cls": ["a", 97], "trim_offsets": true, "add_prefix_space": false}
            """);

        Assert.Equal(['a', '-', 'b'], TinyTokenizer.Load(json).Encode("-"));
    }

    [Fact]
    public void Encode_LoneSurrogates_AreReplaced()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.Json());

        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD"), tokenizer.Encode("a\uD800b\uDC00"));
        Assert.Equal(tokenizer.Encode("\uFFFD\U0001F600"), tokenizer.Encode("\uD83D\uD83D\uDE00"));
    }

    /// <summary>Against the definition: find the lowest rank, merge its leftmost place, start over.</summary>
    [Fact]
    public void Encode_RandomMerges_EqualTheDefinition()
    {
        var random = new Random(5);
        for (int round = 0; round < 60; round++)
        {
            var json = TinyTokenizer.Json();
            var vocabulary = json["model"]!["vocab"]!.AsObject();
            List<string> tokens = ["a", "b", "c"];
            var ranks = new Dictionary<(string, string), int>();
            while (ranks.Count < 25)
            {
                var pair = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
                string whole = pair.Item1 + pair.Item2;
                if (whole.Length > 8 || !ranks.TryAdd(pair, ranks.Count)) continue;
                if (!vocabulary.ContainsKey(whole)) vocabulary.Add(whole, vocabulary.Count);
                tokens.Add(whole);
            }

            json["model"]!["merges"] = new JsonArray([.. ranks.Keys.Select(p => JsonValue.Create($"{p.Item1} {p.Item2}"))]);
            var tokenizer = TinyTokenizer.Load(json);
            for (int i = 0; i < 40; i++)
            {
                string word = string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => "abc"[random.Next(3)]));
                Assert.Equal(ByDefinition(word, ranks).Select(token => (int)vocabulary[token]!), tokenizer.Encode(word));
            }
        }
    }

    [Fact]
    public void Encode_MoreWordsThanTheCacheHolds_GivesTheSameIds()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.Json());
        string text = string.Concat(Enumerable.Range(0, 70_000).Select(i => $" hell{i}"));

        int[] first = tokenizer.Encode(text);

        Assert.Equal(text, tokenizer.Decode(first));
        Assert.Equal(first, tokenizer.Encode(text));
    }

    [Fact]
    public void Encode_ManyThreads_GiveTheSameIds()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.Json());
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"hello {i} shell {i * i}")];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];

        Parallel.For(0, 2_000, i => Assert.Equal(expected[i % 200], tokenizer.Encode(texts[i % 200])));
    }

    [Fact]
    public void Decode_EveryByte_ComesBack()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.Json());
        string ascii = string.Concat(Enumerable.Range(0, 128).Select(c => (char)c));

        Assert.Equal(ascii, tokenizer.Decode(tokenizer.Encode(ascii)));
        for (int b = 0; b < 256; b++)
        {
            string expected = Encoding.UTF8.GetString([(byte)b]);
            Assert.Equal(expected, tokenizer.Decode([b]));
        }
    }

    [Fact]
    public void Decode_RandomUnicode_RoundTrips()
    {
        var random = new Random(7);
        foreach (string regex in SplitterTests.Patterns)
        {
            var json = TinyTokenizer.Json();
            json["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(TinyTokenizer.Split(regex), TinyTokenizer.ByteLevel(false, useRegex: false)),
            };
            var tokenizer = TinyTokenizer.Load(json);
            for (int i = 0; i < 500; i++)
            {
                string text = RandomText.Next(random);
                Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            }
        }
    }

    [Fact]
    public void Decode_UnknownIds_ArePassedOver() =>
        Assert.Equal("ab", TinyTokenizer.Load(TinyTokenizer.Json()).Decode(['a', 5_000, 'b', -1]));

    [Fact]
    public void AddedToken_UnderNfc_IsFoundInItsNormalForm()
    {
        var json = TinyTokenizer.WithAdded(TinyTokenizer.Added(TinyTokenizer.FirstAdded, "e\u0301→", "normalized"));
        json["normalizer"] = JsonNode.Parse("""{"type": "Sequence", "normalizers": [{"type": "NFC"}]}""");
        var tokenizer = TinyTokenizer.Load(json);

        Assert.Equal([TinyTokenizer.FirstAdded, 0xC3, 0xA9], tokenizer.Encode("\u00E9→e\u0301"));
        Assert.Equal("\u00E9→", tokenizer.Decode([TinyTokenizer.FirstAdded]));
    }

    [Fact]
    public void TokenId_KnownAndUnknown_AreToldApart()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(TinyTokenizer.Added(TinyTokenizer.FirstAdded, "</s>", "special")));

        Assert.Equal(TinyTokenizer.Hell, tokenizer.TokenId("hell"));
        Assert.Equal(TinyTokenizer.FirstAdded, tokenizer.TokenId("</s>"));
        Assert.Null(tokenizer.TokenId("hello"));
        Assert.Equal(TinyTokenizer.FirstAdded + 1, tokenizer.VocabularySize);
    }

    private static List<string> ByDefinition(string word, Dictionary<(string, string), int> ranks)
    {
        List<string> symbols = [.. word.Select(c => c.ToString())];
        while (true)
        {
            int best = -1, bestRank = int.MaxValue;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (!ranks.TryGetValue((symbols[i], symbols[i + 1]), out int rank) || rank >= bestRank) continue;
                (best, bestRank) = (i, rank);
            }

            if (best < 0) return symbols;
            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }
    }
}
