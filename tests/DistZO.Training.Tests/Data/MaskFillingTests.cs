using System.Text;
using DistZO.Devices;

namespace DistZO.Training.Tests;

/// <summary>Rows of a masked language model: ids are letters, "@" is the mask, "^" and "$" stand around a text.</summary>
public class MaskFillingTests
{
    private static readonly PromptOptions Sentiment = new() { Prompt = "{text}:@.", Choices = [new("0", "n"), new("1", "y")] };

    [Theory]
    [InlineData(100, "^ab:@.$", 4)]
    [InlineData(6, "^b:@.$", 3)]
    [InlineData(4, "^@.$", 1)]
    public void Encode_Choices_StandAtTheMask(int maxLength, string prompt, int mask)
    {
        var example = Encode("ab", Sentiment with { MaxLength = maxLength });
        Assert.Equal(prompt, Show(example.Prompt));
        Assert.Equal(mask, example.MaskAt);
        Assert.Equal(["n", "y"], example.Options.Select(option => Show(option.Tokens)));
        Assert.Equal(1, example.Label);
    }

    [Theory]
    [InlineData("{text}.", "n", 100, "0 mask tokens")]
    [InlineData("@{text}@", "n", 100, "2 mask tokens")]
    [InlineData("{text}@", "no", 100, "\"0\" (\"no\") is 2 tokens")]
    [InlineData("{text}@", "", 100, "is 0 tokens")]
    [InlineData("@{text}", "n", 4, "max_length 4 cuts")]
    public void Encode_WhatCannotFillTheMask_IsRefused(string prompt, string choice, int maxLength, string message)
    {
        var options = new PromptOptions { Prompt = prompt, Choices = [new("0", choice), new("1", "y")], MaxLength = maxLength };
        var error = Assert.Throws<BadInputException>(() => Encode("abc", options));
        Assert.StartsWith("rows.jsonl:1: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Encode_PlainTexts_AreRefused() =>
        Assert.Contains("masked language model", Assert.Throws<BadInputException>(() => Encode("abc", new PromptOptions())).Message);

    [Fact]
    public void Pack_Masked_AsksForEachOptionAtTheMaskOfTheWholePrompt()
    {
        var batch = new PackedBatch();
        batch.Pack([Encode("ab", Sentiment), Encode("", Sentiment)]);
        Assert.Equal("^ab:@.$^:@.$", Show(batch.Tokens.ToArray()));
        Assert.Equal([new(0, 7, 0, 0), new TokenSequence(7, 5, 0, 0)], batch.Sequences);
        Assert.Equal([4, 9], batch.GatherRows.ToArray());
        Assert.Equal([new(0, 'n'), new(0, 'y'), new(1, 'n'), new TokenTarget(1, 'y')], batch.Targets.ToArray());
        Assert.Equal(2, batch.Terms);
    }

    private static EncodedExample Encode(string text, PromptOptions options)
    {
        var row = JsonlFile.Read(new MemoryStream(Encoding.UTF8.GetBytes($$"""{"text":"{{text}}","label":1}""")), "rows.jsonl").First();
        var encoder = new BracketEncoder();
        return new ExampleEncoder(encoder, options) { Mask = new MaskFilling(encoder, "@", '@') }.Encode(row, RowShapes.Of(options, row), RowUse.Training).Single();
    }

    private static string Show(int[] ids) => string.Concat(ids.Select(id => (char)id));

    private sealed class BracketEncoder : ITextEncoder
    {
        public int[] Encode(string text, bool addSpecialTokens) => [.. (addSpecialTokens ? $"^{text}$" : text).Select(letter => (int)letter)];
    }
}
