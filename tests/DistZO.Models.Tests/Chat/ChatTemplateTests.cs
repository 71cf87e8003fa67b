using DistZO.Devices;
using DistZO.Models.Chat;

namespace DistZO.Models.Tests.Chat;

public class ChatTemplateTests
{
    private const string Thinking = """
        [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "<think>\nold\n</think>\n\n2"},
         {"role": "user", "content": "2+2"}, {"role": "assistant", "content": "<think>\nnew\n</think>\n\n4"}]
        """;

    [Theory]
    [InlineData(
        ChatShapes.ChatMl,
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n"
        + "<|im_start|>user\nName a color.<|im_end|>\n<|im_start|>assistant\nBlue<|im_end|>\n<|im_start|>assistant\n")]
    [InlineData(
        ChatShapes.Llama2,
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n Hi [/INST] Yes? </s><s>[INST] Name a color. [/INST] Blue </s>")]
    [InlineData(
        ChatShapes.Llama3,
        "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\nYes?<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nName a color.<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\nBlue<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")]
    [InlineData(ChatShapes.Mistral, "<s>[INST] Be brief.\n\n Hi [/INST] Yes?</s>[INST] Name a color.[/INST] Blue</s>")]
    [InlineData(
        ChatShapes.Vicuna, "Be brief. USER:  Hi  ASSISTANT: Yes?</s> USER: Name a color. ASSISTANT: Blue</s> ASSISTANT:")]
    [InlineData(
        ChatShapes.Zephyr,
        "<|system|>\nBe brief.</s>\n<|user|>\n Hi </s>\n<|assistant|>\nYes?</s>\n<|user|>\nName a color.</s>\n<|assistant|>\nBlue</s>\n"
        + "<|assistant|>\n")]
    public void Render_KnownShapes_GivesTheirFormat(string template, string expected) =>
        Assert.Equal(expected, Chats.Render(template, Chats.Conversation, generation: true));

    [Fact]
    public void Render_ThoughtsOfEarlierTurns_AreLeftOut() => Assert.Equal(
        "<|im_start|>user\n1+1<|im_end|>\n<|im_start|>assistant\n2<|im_end|>\n<|im_start|>user\n2+2<|im_end|>\n"
        + "<|im_start|>assistant\n<think>\nnew\n</think>\n\n4<|im_end|>\n",
        Chats.Render(ChatShapes.Qwen3, Thinking));

    [Fact]
    public void Render_Tools_AreJsonAsPythonWritesIt()
    {
        string text = Chats.Render(ChatShapes.Mistral, tools: """[{"name":"f","ok":true,"none":null,"text":"\u00e9\"\n","list":[1,-2]}]""");

        Assert.Equal(
            """<s>[AVAILABLE_TOOLS] [{"name": "f", "ok": true, "none": null, "text": "é\"\n", "list": [1, -2]}][/AVAILABLE_TOOLS][INST] q[/INST]""",
            text);
    }

    [Fact]
    public void Render_RefusedByTheTemplate_NamesFileLineAndReason()
    {
        var error = Assert.Throws<BadInputException>(() =>
            Chats.Render(ChatShapes.Mistral, """[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]"""));

        Assert.Contains(
            "chat_template.jinja': chat template, line 15: the template refuses: Conversation roles must alternate", error.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"chat_template": "{{ 'one' }}"}""", "one")]
    [InlineData("""{"chat_template": [{"name": "rag", "template": "no"}, {"name": "default", "template": "two"}]}""", "two")]
    public void Load_Config_HoldsTheTemplateOrNamedOnes(string config, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer_config.json"], config);
        Assert.Equal(expected, ChatTemplate.Load(folder.Root).Render([], default, false));

        File.WriteAllText(folder["chat_template.jinja"], "file\n");
        Assert.Equal("file", ChatTemplate.Load(folder.Root).Render([], default, false));
    }

    [Fact]
    public void Load_SpecialTokensMap_FillsWhatTheConfigLacks()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["chat_template.jinja"], "{{ bos_token ~ eos_token ~ pad_token ~ (unk_token is defined) }}");
        File.WriteAllText(folder["tokenizer_config.json"], """{"bos_token": "<a>"}""");
        File.WriteAllText(
            folder["special_tokens_map.json"], """{"bos_token": "<b>", "eos_token": {"content": "<c>"}, "pad_token": null}""");

        Assert.Equal("<a><c>False", ChatTemplate.Load(folder.Root).Render([], default, false));
    }

    [Theory]
    [InlineData("{}", "the model has no chat template: neither '")]
    [InlineData("""{"chat_template": null}""", "the model has no chat template: neither '")]
    [InlineData("""{"chat_template": [{"name": "rag", "template": "x"}]}""", "no template named 'default' (it has 'rag')")]
    [InlineData("""{"chat_template": ""}""", "the chat template is empty")]
    [InlineData("""{"chat_template": [{"name": "default", "template": " "}]}""", "the chat template is empty")]
    [InlineData("""{"chat_template": 7}""", "chat_template is neither a text nor a list")]
    public void Load_NoTemplate_NamesTheFiles(string config, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer_config.json"], config);

        var error = Assert.Throws<BadInputException>(() => ChatTemplate.Load(folder.Root));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer_config.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TemplateThatIsNotUtf8_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["chat_template.jinja"], [0x61, 0xFF]);

        var error = Assert.Throws<BadInputException>(() => ChatTemplate.Load(folder.Root));

        Assert.Contains("not UTF-8", error.Message, StringComparison.Ordinal);
    }
}
