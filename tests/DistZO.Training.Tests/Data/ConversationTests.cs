using System.Text;
using DistZO.Devices;
using DistZO.Models.Chat;

namespace DistZO.Training.Tests;

/// <summary>Rows of messages, by a model's chat template.</summary>
public class ConversationTests
{
    private const string Row = """
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}
        """;

    /// <summary>Tokens are characters, and the leading one is id 2, which a template writes as U+0002.</summary>
    private const string Template =
        "{% for m in messages %}[{{ m.role[0] }}]{{ m.content }}.{% endfor %}{% if add_generation_prompt %}[a]{% endif %}";

    private static EncodedExample Encode(string json, string? template, int maxLength = 100)
    {
        using var folder = new TemporaryFolder();
        if (template is not null) File.WriteAllText(folder["chat_template.jinja"], template);
        var options = new PromptOptions { MaxLength = maxLength };
        var row = JsonlFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)), "rows.jsonl").First();
        var chat = new Lazy<ChatTemplate>(() => ChatTemplate.Load(folder.Root));
        return new ExampleEncoder(LetterEncoder.Opt, options, chat: chat).Encode(row, RowShapes.Of(options, row), RowUse.Training).Single();
    }

    private static string ErrorOf(string json, string? template) =>
        Assert.Throws<BadInputException>(() => Encode(json, template)).Message;

    private static string Show(int[] ids) => string.Concat(ids.Select(id => id == 2 ? '^' : (char)id));

    [Fact]
    public void Encode_Messages_LearnsTheLastByTheTemplate()
    {
        var example = Encode(Row, Template);

        // No leading token: only the template says which special tokens there are.
        Assert.Equal("[u]hi.[a]", Show(example.Prompt));
        Assert.Equal("yo.", Show(Assert.Single(example.Options).Tokens));
        Assert.Equal(3, example.Terms);
    }

    [Fact]
    public void Encode_LongConversation_LearnsItsLastMessageOnly()
    {
        var example = Encode(
            """
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "1"}, {"role": "assistant", "content": "2"},
                          {"role": "user", "content": "3"}, {"role": "assistant", "content": "4"}]}
            """.ReplaceLineEndings(" "),
            Template);

        Assert.Equal("[s]s.[u]1.[a]2.[u]3.[a]", Show(example.Prompt));
        Assert.Equal("4.", Show(example.Options[0].Tokens));
    }

    [Theory]
    [InlineData("", 9, "hi.[a]")]
    [InlineData("\u0002", 9, "^i.[a]")]
    [InlineData("\u0002", 13, "^[u]hi.[a]")]
    public void Encode_TooLong_KeepsTheLeadingTokenThatTheTemplateWrites(string leading, int maxLength, string prompt) =>
        Assert.Equal(prompt, Show(Encode(Row, leading + Template, maxLength).Prompt));

    [Fact]
    public void Encode_Tools_ReachTheTemplate()
    {
        string row = Row.Replace("{\"messages\"", "{\"tools\": [{\"name\": \"f\"}], \"messages\"", StringComparison.Ordinal);

        Assert.Equal("f[u]hi.[a]", Show(Encode(row, "{{ tools[0].name if tools }}" + Template).Prompt));
        Assert.Equal("[u]hi.[a]", Show(Encode(Row, "{{ tools[0].name if tools }}" + Template).Prompt));
    }

    [Fact]
    public void Encode_ModelWithoutTemplate_NamesTheRowTheModelsFilesAndTheFix()
    {
        string error = ErrorOf(Row, null);

        Assert.StartsWith("rows.jsonl:1: field \"messages\": the model has no chat template: neither '", error, StringComparison.Ordinal);
        Assert.Contains("tokenizer_config.json", error, StringComparison.Ordinal);
        Assert.Contains("put the template of its chat format in chat_template.jinja", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_OtherRows_NeedNoTemplate() =>
        Assert.Equal("^a", Show(Encode("{\"prompt\": \"a\", \"completion\": \"b\"}", "{% unsupported %}").Prompt));

    [Theory]
    [InlineData("{{ raise_exception('no') }}", "rows.jsonl:1: field \"messages\": '", "line 1: the template refuses: no")]
    [InlineData("{{ messages|length }}{{ messages[-1].content }}", "rows.jsonl:1: '", "does not say where the answer begins")]
    [InlineData("constant", "rows.jsonl:1: '", "writes nothing of the answer")]
    [InlineData("{{ messages[0].content }}{{ 'A:' if add_generation_prompt }}", "rows.jsonl:1: '", "writes nothing of the answer")]
    [InlineData("{# nothing #}", "rows.jsonl:1: '", "writes nothing of the answer")]
    [InlineData(" \n", "rows.jsonl:1: field \"messages\": '", "the chat template is empty")]
    public void Encode_TemplateThatRefuses_NamesRowAndTemplate(string template, string start, string reason)
    {
        string error = ErrorOf(Row, template);

        Assert.StartsWith(start, error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"messages\":[]}", "field \"messages\" must be a list")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", "the last of \"messages\" must be the assistant's")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"content\":null}]}", "messages[0] must have \"content\" as a string")]
    [InlineData("{\"messages\":[{\"content\":\"a\"}]}", "messages[0] must have \"role\" as a string")]
    [InlineData("{\"messages\":[7]}", "messages[0] must have \"role\" as a string")]
    [InlineData("{\"tools\":\"f\",\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}",
        "field \"tools\" must be a list, but is a string")]
    public void Encode_RowThatIsNoConversation_SaysWhy(string row, string expected) =>
        Assert.StartsWith($"rows.jsonl:1: {expected}", ErrorOf(row, Template), StringComparison.Ordinal);
}
