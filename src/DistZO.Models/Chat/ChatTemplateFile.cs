using System.Text;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models.Chat;

/// <summary>Finds a model's chat template and the special tokens that it may use, where Transformers finds them.</summary>
internal static class ChatTemplateFile
{
    private const string TemplateName = "chat_template.jinja", ConfigName = "tokenizer_config.json", MapName = "special_tokens_map.json";

    private static readonly string[] Tokens =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>
    /// The template's text and the file it stands in: chat_template.jinja, or else chat_template in tokenizer_config.json, of several
    /// named ones the one named default.
    /// </summary>
    /// <exception cref="BadInputException">There is none, it is empty, or a file is damaged.</exception>
    public static (string Template, string File) Find(string directory)
    {
        var (template, file) = Locate(directory);
        return !string.IsNullOrWhiteSpace(template) ? (template, file) : throw new BadInputException(
            $"'{file}': the chat template is empty; put the template of the model's chat format there, or turn each row into {{\"prompt\", \"completion\"}}");
    }

    private static (string Template, string File) Locate(string directory)
    {
        string file = Path.Combine(directory, TemplateName);
        if (File.Exists(file)) return (ReadText(file), file);

        string config = Path.Combine(directory, ConfigName);
        if (File.Exists(config) && JsonFile.ReadObject(config).TryGetProperty("chat_template", out var template))
        {
            if (template.ValueKind == JsonValueKind.String) return (template.GetString()!, config);
            if (template.ValueKind != JsonValueKind.Null) return (Named(template, config), config);
        }

        throw new BadInputException(
            $"the model has no chat template: neither '{file}' nor chat_template in '{config}' is there; put the template of its "
            + $"chat format in {TemplateName}, or turn each row into {{\"prompt\", \"completion\"}}");
    }

    /// <summary>The special tokens that are set, by name.</summary>
    public static Dictionary<string, string> SpecialTokens(string directory)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in (string[])[ConfigName, MapName])
        {
            string file = Path.Combine(directory, name);
            if (!File.Exists(file)) continue;
            var settings = JsonFile.ReadObject(file);
            foreach (string token in Tokens)
            {
                if (settings.TryGetProperty(token, out var value) && Content(value) is { } content) tokens.TryAdd(token, content);
            }
        }

        return tokens;
    }

    private static string Named(JsonElement templates, string file)
    {
        var names = new List<string>();
        if (templates.ValueKind == JsonValueKind.Array)
        {
            foreach (var entry in templates.EnumerateArray())
            {
                if (Text(entry, "name") is not { } name || Text(entry, "template") is not { } template) continue;
                if (name == "default") return template;
                names.Add($"'{name}'");
            }
        }

        throw JsonFile.Bad(file, names.Count == 0
            ? "chat_template is neither a text nor a list of {\"name\", \"template\"}"
            : $"chat_template has no template named 'default' (it has {string.Join(", ", names)})");
    }

    /// <summary>A token is a text, or an object that holds it.</summary>
    private static string? Content(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString() : Text(value, "content");

    private static string? Text(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(field, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    private static string ReadText(string file)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(JsonFile.ReadBytes(file));
        }
        catch (DecoderFallbackException e)
        {
            throw new BadInputException($"'{file}': the bytes are not UTF-8; save the file as UTF-8", e);
        }
    }
}
