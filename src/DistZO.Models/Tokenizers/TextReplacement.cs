using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>The Replace component, a normalizer and a decoder alike: each occurrence of a text, from the left, by another.</summary>
internal sealed record TextReplacement(string Pattern, string Content)
{
    /// <summary>Reads a component; refuses regular expressions.</summary>
    public static TextReplacement Read(JsonPlace place)
    {
        var pattern = place["pattern"];
        if (pattern.Value.ValueKind == JsonValueKind.Object && pattern["String"].IsNull)
            throw pattern.Bad("only a String pattern is supported");
        string text = pattern["String"].Text();
        if (text.Length == 0) throw pattern["String"].Bad("an empty pattern is not supported");
        return new TextReplacement(text, place["content"].Text());
    }

    public string Apply(string text) => text.Replace(Pattern, Content, StringComparison.Ordinal);
}
