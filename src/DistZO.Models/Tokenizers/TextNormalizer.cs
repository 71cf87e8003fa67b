namespace DistZO.Models.Tokenizers;

/// <summary>Rewrites the text between added tokens before it is split.</summary>
internal abstract class TextNormalizer
{
    /// <summary>The normal form of well-formed UTF-16.</summary>
    public abstract string Normalize(string text);

    /// <summary>Reads <c>normalizer</c>; null where the text stays as it is.</summary>
    public static TextNormalizer? Read(JsonPlace place)
    {
        if (place.IsNull) return null;
        switch (place.Type())
        {
            case "NFC":
                return new NfcNormalizer();
            case "Sequence":
                var steps = place["normalizers"].Items().Select(Read).OfType<TextNormalizer>().ToArray();
                return steps.Length < 2 ? steps.SingleOrDefault() : throw place.Bad("more than one normalizer is not supported");
            default:
                throw place.Unsupported("NFC, a Sequence of it, null");
        }
    }
}
