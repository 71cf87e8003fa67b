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
            case "Prepend":
                return new PrependNormalizer(place["prepend"].Text());
            case "Replace":
                return new ReplaceNormalizer(TextReplacement.Read(place));
            case "Sequence":
                var steps = place["normalizers"].Items().Select(Read).OfType<TextNormalizer>().ToArray();
                return steps.Length < 2 ? steps.SingleOrDefault() : new NormalizerSequence(steps);
            default:
                throw place.Unsupported("NFC, Prepend, Replace, Sequence of these, null");
        }
    }

    private sealed class PrependNormalizer(string prefix) : TextNormalizer
    {
        public override string Normalize(string text) => text.Length == 0 ? text : prefix + text;
    }

    private sealed class ReplaceNormalizer(TextReplacement replacement) : TextNormalizer
    {
        public override string Normalize(string text) => replacement.Apply(text);
    }

    private sealed class NormalizerSequence(TextNormalizer[] steps) : TextNormalizer
    {
        public override string Normalize(string text) => steps.Aggregate(text, (rewritten, step) => step.Normalize(rewritten));
    }
}
