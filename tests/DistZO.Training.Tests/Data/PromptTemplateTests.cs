using System.Text;
using DistZO.Devices;

namespace DistZO.Training.Tests;

public class PromptTemplateTests
{
    private static JsonlRow Row(string json) => JsonlFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)), "rows.jsonl").First();

    [Theory]
    [InlineData("{text} It was", "fine It was")]
    [InlineData("{n}|{b}|{ text }", "1.50|true|fine")]
    [InlineData("{{text}} {{{text}}}", "{text} {fine}")]
    [InlineData("", "")]
    public void Render_Fields_StandAsText(string template, string expected) =>
        Assert.Equal(expected, new PromptTemplate(template, "prompt").Render(Row("{\"text\":\"fine\",\"n\":1.50,\"b\":true}")));

    [Fact]
    public void Render_FieldWithBraces_IsNotATemplateItself() =>
        Assert.Equal("{n}!", new PromptTemplate("{text}!", "prompt").Render(Row("{\"text\":\"{n}\",\"n\":1}")));

    [Fact]
    public void Render_UnknownField_NamesPlaceAndTheFieldsThereAre()
    {
        var error = Assert.Throws<BadInputException>(() =>
            new PromptTemplate("{txt}", "prompt").Render(Row("\n{\"text\":\"a\",\"label\":1}")));

        Assert.Equal("rows.jsonl:2: the template \"prompt\" wants the field \"txt\"; the row has \"text\", \"label\"", error.Message);
    }

    [Theory]
    [InlineData("{\"text\":null}", "null")]
    [InlineData("{\"text\":[1]}", "an array")]
    [InlineData("{\"text\":{}}", "an object")]
    public void Render_FieldThatIsNoText_SaysWhatItIs(string row, string kind)
    {
        var error = Assert.Throws<BadInputException>(() => new PromptTemplate("{text}", "prompt").Render(Row(row)));

        Assert.EndsWith($"but is {kind}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a {text", 3)]
    [InlineData("a } b", 3)]
    [InlineData("{}", 1)]
    [InlineData("{a{b}", 1)]
    public void Parse_UnbalancedBraces_NamesKeyAndPlace(string template, int character)
    {
        var error = Assert.Throws<BadInputException>(() => new PromptTemplate(template, "prompt"));

        Assert.StartsWith($"template \"prompt\", character {character}: ", error.Message, StringComparison.Ordinal);
    }
}
