using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistZO.Optimization;

/// <summary>Writes a recipe as YAML that reads back as the same recipe.</summary>
internal static class RecipeYaml
{
    public static string Write(Recipe recipe)
    {
        var yaml = new StringBuilder();
        foreach (var key in RecipeKeys.All)
        {
            // The two say the same thing, and a file may say it only once.
            if (key == RecipeKeys.MaxSteps && recipe.Get(RecipeKeys.NumTrainEpochs) is not null) continue;
            var value = recipe.JsonOf(key);
            if (value is JsonArray command && key == RecipeKeys.Objective)
            {
                yaml.Append(CultureInfo.InvariantCulture, $"{key.Name}: # {key.Help}\n  {Scalar(command[0])}: [{string.Join(", ", command.Skip(1).Select(Scalar))}]\n");
            }
            else if (value is JsonArray choices)
            {
                yaml.Append(CultureInfo.InvariantCulture, $"{key.Name}: # {key.Help}\n");
                foreach (var choice in choices) yaml.Append(CultureInfo.InvariantCulture, $"  {Scalar(choice![0])}: {Scalar(choice[1])}\n");
            }
            else
            {
                yaml.Append(CultureInfo.InvariantCulture, $"{key.Name}: {Scalar(key, value)} # {key.Help}\n");
            }
        }

        return yaml.ToString();
    }

    /// <summary>A value that is one word, a number or a text.</summary>
    public static string Scalar(RecipeKey key, JsonNode? value) => value is null ? key.Unset : Scalar(value);

    private static string Scalar(JsonNode? value) => value switch
    {
        JsonValue text when text.GetValueKind() == JsonValueKind.String => Text(text.GetValue<string>()),
        _ => CanonicalJson.Write(value),
    };

    private static string Text(string text)
    {
        // A word that no YAML version reads as something else may stand bare.
        var bare = text.Length > 0 && char.IsAsciiLetter(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/' or '.')
            && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
        return bare ? text : Quote(text);
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                // Controls, the line breaks of YAML 1.1, and the byte order mark would not come back as they are.
                < 0x20 or (>= 0x7F and <= 0xA0) or 0x2028 or 0x2029 or 0xFEFF or 0xFFFE or 0xFFFF =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
                _ => quoted.Append(rune.ToString()),
            };
        }

        return quoted.Append('"').ToString();
    }
}
