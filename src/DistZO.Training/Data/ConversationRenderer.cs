using System.Text.Json;
using DistZO.Devices;
using DistZO.Models.Chat;

namespace DistZO.Training;

/// <summary>
/// Turns rows of messages into text by the model's chat template. The prompt is what the model is given when it is asked for the last
/// message (all others, with the generation prompt); the answer is what the whole conversation has after that, the end of the turn
/// included.
/// </summary>
internal sealed class ConversationRenderer(Lazy<ChatTemplate>? chat)
{
    /// <exception cref="BadInputException">
    /// The row is not a conversation that ends with the assistant, or the model has no template, or that refuses it.
    /// </exception>
    public RenderedRow Render(JsonlRow row)
    {
        var messages = Messages(row);
        var tools = row.Has("tools") ? row["tools"] : default;
        if (tools.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Array))
            throw row.Error($"field \"tools\" must be a list, but is {JsonlRow.Kind(tools)}");
        var (prompt, whole, file) = Render(row, messages, tools);
        if (prompt.StartsWith(whole, StringComparison.Ordinal))
        {
            throw row.Error($"'{file}': the chat template writes nothing of the answer: the text is the same without the last message; put the " +
                            "template of the model's chat format there, or turn the rows into {\"prompt\", \"completion\"}");
        }
        if (!whole.StartsWith(prompt, StringComparison.Ordinal))
        {
            throw row.Error($"'{file}': the chat template writes the earlier messages otherwise when the answer follows, so it does not " +
                            "say where the answer begins; turn the rows into {\"prompt\", \"completion\"}");
        }
        return new(prompt, [whole[prompt.Length..]], 0, HoldsSpecialTokens: true);
    }

    private (string Prompt, string Whole, string File) Render(JsonlRow row, JsonElement[] messages, JsonElement tools)
    {
        if (chat is null) throw row.Error("field \"messages\" needs the chat template of a model");
        try
        {
            var template = chat.Value;
            return (template.Render(messages[..^1], tools, true), template.Render(messages, tools, false), template.File);
        }
        catch (BadInputException e)
        {
            throw row.Error($"field \"messages\": {e.Message}");
        }
    }

    private static JsonElement[] Messages(JsonlRow row)
    {
        var field = row["messages"];
        if (field.ValueKind != JsonValueKind.Array || field.GetArrayLength() == 0)
        {
            throw row.Error("field \"messages\" must be a list of {\"role\", \"content\"} objects");
        }
        JsonElement[] messages = [.. field.EnumerateArray()];
        for (int i = 0; i < messages.Length; i++)
        {
            Require(row, messages[i], i, "role");
            if (i == messages.Length - 1 || !messages[i].TryGetProperty("tool_calls", out _)) Require(row, messages[i], i, "content");
        }
        string role = messages[^1].GetProperty("role").GetString()!;
        if (role == "assistant") return messages;
        throw row.Error($"the last of \"messages\" must be the assistant's, which is what is learned, but its role is \"{role}\"");
    }

    private static void Require(JsonlRow row, JsonElement message, int index, string name)
    {
        bool found = message.ValueKind == JsonValueKind.Object && message.TryGetProperty(name, out var part)
            && part.ValueKind == JsonValueKind.String;
        if (!found) throw row.Error($"messages[{index}] must have \"{name}\" as a string");
    }
}
