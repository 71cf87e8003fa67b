using System.Text.Json;
using DistZO.Models.Chat;

namespace DistZO.Models.Tests.Chat;

/// <summary>Templates as model directories, and conversations.</summary>
internal static class Chats
{
    public const string Conversation = """
        [{"role": "system", "content": "Be brief."},
         {"role": "user", "content": " Hi "},
         {"role": "assistant", "content": "Yes?"},
         {"role": "user", "content": "Name a color."},
         {"role": "assistant", "content": "Blue"}]
        """;

    /// <summary>The template of a directory that holds it as chat_template.jinja, with special tokens.</summary>
    public static ChatTemplate Load(string template)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["chat_template.jinja"], template);
        File.WriteAllText(
            folder["tokenizer_config.json"],
            """{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null}""");
        return ChatTemplate.Load(folder.Root);
    }

    /// <summary>The text of messages, by default of one user's "q".</summary>
    public static string Render(
        string template, string messages = """[{"role": "user", "content": "q"}]""", bool generation = false, string tools = "null")
    {
        using var parsed = JsonDocument.Parse(messages);
        using var parsedTools = JsonDocument.Parse(tools);
        return Load(template).Render(parsed.RootElement.EnumerateArray(), parsedTools.RootElement, generation);
    }
}
