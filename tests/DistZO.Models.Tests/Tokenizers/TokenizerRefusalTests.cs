using System.Text;
using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Models.Tests.Tokenizers;

public class TokenizerRefusalTests
{
    /// <summary>vocab.json and merges.txt may well be there: they are not read.</summary>
    [Fact]
    public void Load_OfAFolderWithoutTokenizerJson_NamesThatFileAlone()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["vocab.json"], "{}");
        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(folder.Root));
        Assert.StartsWith($"{folder.Root}: no tokenizer.json here", error.Message);
        Assert.DoesNotContain("vocab.json", error.Message);
        Assert.DoesNotContain("merges.txt", error.Message);
    }

    [Theory]
    [InlineData("model", """{"type": "WordPiece", "vocab": {}}""", "model: type 'WordPiece'")]
    [InlineData("model", """{"type": "Unigram", "vocab": []}""", "model: type 'Unigram'")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}""", "model.merges[0]: 'b' is not in model.vocab")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}""", "model.merges[0]: a merge is")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": -1}, "merges": []}""", "model.vocab.a: expected a token id")]
    [InlineData("model", """{"type": "BPE", "vocab": {}, "merges": [], "dropout": 0.1}""", "model.dropout: ")]
    [InlineData("model", """{"type": "WordLevel", "vocab": {}, "unk_token": "?"}""", "model: type 'WordLevel'")]
    [InlineData("model", """{"type": "BPE", "vocab": {}, "merges": [], "end_of_word_suffix": "w"}""", "model.end_of_word_suffix: 'w'")]
    [InlineData("model", """{"type": "BPE", "vocab": {}, "merges": [], "unk_token": "?"}""", "model.unk_token: '?' is not in model.vocab")]
    [InlineData("normalizer", """{"type": "Lowercase"}""", "normalizer: type 'Lowercase'")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"Regex": "a"}, "content": ""}""", "normalizer.pattern: only a String")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"String": ""}, "content": ""}""", "normalizer.pattern.String: an empty")]
    [InlineData("pre_tokenizer", """{"type": "BertPreTokenizer"}""", "pre_tokenizer: type 'BertPreTokenizer'")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace"}""", "pre_tokenizer.replacement: the field is missing")]
    [InlineData(
        "pre_tokenizer",
        """{"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}""",
        "pre_tokenizer.prepend_scheme: 'last'")]
    [InlineData(
        "pre_tokenizer",
        """{"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "add_prefix_space": false}""",
        "pre_tokenizer.prepend_scheme: 'always' contradicts")]
    [InlineData(
        "pre_tokenizer",
        """
        {"type": "Sequence", "pretokenizers": [
          {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}, {"type": "Metaspace", "replacement": "_"}]}
        """,
        "pre_tokenizer.pretokenizers[1]: nothing may come after ByteLevel")]
    [InlineData(
        "pre_tokenizer",
        """{"type": "Sequence", "pretokenizers": [{"type": "Digits"}, {"type": "ByteLevel"}]}""",
        "pre_tokenizer.pretokenizers[0]: type 'Digits'")]
    [InlineData("post_processor", """{"type": "Other"}""", "post_processor: type 'Other'")]
    [InlineData("decoder", """{"type": "WordPiece"}""", "decoder: type 'WordPiece'")]
    [InlineData(
        "decoder",
        """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "CTC"}]}""",
        "decoder.decoders[1]: type 'CTC'")]
    [InlineData("decoder", """{"type": "Strip", "content": "ab", "start": 1, "stop": 0}""", "decoder.content: 'ab'")]
    [InlineData("added_tokens", """[{"id": 7, "content": "<x>"}]""", "added_tokens[0].id: '<x>' has id 7 here, but 260")]
    [InlineData("version", "\"2.0\"", "version: version '2.0'")]
    public void Load_UnsupportedPart_NamesFileFieldAndType(string field, string value, string expected)
    {
        var json = TinyTokenizer.Json();
        json[field] = JsonNode.Parse(value);

        var error = Assert.Throws<BadInputException>(() => TinyTokenizer.Load(json));

        Assert.Contains($"tokenizer.json: {expected}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Load_UnknownSplitPattern_NamesIt()
    {
        var json = TinyTokenizer.Json();
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(TinyTokenizer.Split(@"\d+"), TinyTokenizer.ByteLevel(false, useRegex: false)),
        };

        var error = Assert.Throws<BadInputException>(() => TinyTokenizer.Load(json));

        Assert.Contains("pre_tokenizer.pretokenizers[0].pattern.Regex: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"version\": \"1.0\",\n  oops", "line 3, column 3")]
    [InlineData("{\"version\": \"1.", "line 1, column ")]
    [InlineData("", "line 1, column 1")]
    [InlineData("{\n\"version\": \"\\ud800\"}", "line 2, column 12")]
    public void Load_DamagedJson_NamesLineAndColumn(string text, string place)
    {
        var error = Assert.Throws<BadInputException>(() => TinyTokenizer.Load(Encoding.UTF8.GetBytes(text)));

        Assert.Contains($"tokenizer.json: {place}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Load_BytesThatAreNotUtf8_NamesLineAndColumn()
    {
        var error = Assert.Throws<BadInputException>(() => TinyTokenizer.Load([(byte)'{', (byte)'\n', (byte)'"', 0xFF, (byte)'"']));

        Assert.Contains("line 2, column 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Missing_NamesThePath()
    {
        string missing = Path.Combine(Path.GetTempPath(), "distzo-no-such-folder");
        Assert.Contains(missing, Assert.Throws<BadInputException>(() => Tokenizer.Load(missing)).Message, StringComparison.Ordinal);
    }
}
