namespace DistZO.Models.Tokenizers;

/// <summary>
/// Puts the texts of tokens together again, by the steps of the file's decoder, each of which takes the pieces that the one before it
/// left; with spaces between the tokens where the file has none.
/// </summary>
internal sealed class TokenDecoder
{
    private readonly Func<List<string>, List<string>>[] _steps;
    private readonly string _between;

    private TokenDecoder(Func<List<string>, List<string>>[] steps, string between) => (_steps, _between) = (steps, between);

    /// <summary>Reads <c>decoder</c>.</summary>
    public static TokenDecoder Read(JsonPlace place) => place.IsNull ? new([], " ") : new([.. ReadSteps(place)], "");

    /// <summary>Bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(List<string> tokens) => string.Join(_between, _steps.Aggregate(tokens, (pieces, step) => step(pieces)));

    private static IEnumerable<Func<List<string>, List<string>>> ReadSteps(JsonPlace place)
    {
        switch (place.Type())
        {
            case "Sequence":
                return place["decoders"].Items().SelectMany(ReadSteps);
            case "ByteLevel":
                return [DecoderSteps.ByteLevel];
            case "ByteFallback":
                return [DecoderSteps.ByteFallback];
            case "Fuse":
                return [DecoderSteps.Fuse];
            case "Replace":
                var replacement = TextReplacement.Read(place);
                return [tokens => DecoderSteps.Each(tokens, replacement.Apply)];
            case "Strip":
                string content = place["content"].Text();
                if (content.Length != 1) throw place["content"].Bad($"'{content}' must be one character (of the basic plane)");
                int start = place["start"].Id(), stop = place["stop"].Id();
                return [tokens => DecoderSteps.Each(tokens, token => DecoderSteps.Strip(token, content[0], start, stop))];
            case "Metaspace":
                var mark = SpaceMark.Read(place);
                return [tokens => DecoderSteps.Metaspace(tokens, mark)];
            default:
                throw place.Unsupported("ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, Sequence of these, null");
        }
    }
}
