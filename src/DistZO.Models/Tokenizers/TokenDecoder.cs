namespace DistZO.Models.Tokenizers;

/// <summary>One component of a decoder.</summary>
/// <param name="Apply">What it does to the pieces.</param>
internal sealed record DecoderStep(Func<List<string>, List<string>> Apply)
{
    /// <summary>All pieces become one.</summary>
    public bool Joins { get; init; }

    /// <summary>What becomes of a piece does not depend on how many stand before it, nor on those behind, unless <see cref="IsOpen"/>.</summary>
    public bool IsLocal { get; init; } = true;

    /// <summary>Of one piece, what it does concerns its start alone.</summary>
    public bool IsOfStart { get; init; }

    /// <summary>Whether a next piece may still change what becomes of the last one; null for never.</summary>
    public Func<List<string>, bool>? IsOpen { get; init; }
}

/// <summary>
/// Puts the texts of tokens together again, by the steps of the file's decoder, each of which takes the pieces that the one before it
/// left; with spaces between the tokens where the file has none.
/// </summary>
internal sealed class TokenDecoder
{
    private readonly DecoderStep[] _parts;
    private readonly DecoderStep[] _whole;
    private readonly string _between;
    private readonly bool _goesInParts;

    private TokenDecoder(DecoderStep[] steps, string between)
    {
        _between = between;
        int joined = Array.FindIndex(steps, step => step.Joins) + 1;
        if (joined == 0) joined = steps.Length;
        _goesInParts = between.Length == 0 && steps[..joined].All(step => step.IsLocal) && steps[joined..].All(step => step.IsOfStart);
        (_parts, _whole) = _goesInParts ? (steps[..joined], steps[joined..]) : (steps, []);
    }

    /// <summary>Reads <c>decoder</c>.</summary>
    public static TokenDecoder Read(JsonPlace place) => place.IsNull ? new([], " ") : new([.. ReadSteps(place)], "");

    /// <summary>Bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(List<string> tokens) => Finish(DecodePart(tokens, out _));

    /// <summary>
    /// Decodes tokens behind others: the parts of a text, one after the other, are what <see cref="Finish"/> takes. A part may end where it
    /// is not open.
    /// </summary>
    /// <param name="tokens">Of the part.</param>
    /// <param name="isOpen">Whether the next token may still change what this part becomes.</param>
    public string DecodePart(List<string> tokens, out bool isOpen)
    {
        isOpen = !_goesInParts;
        foreach (var step in _parts)
        {
            isOpen |= step.IsOpen?.Invoke(tokens) ?? false;
            tokens = step.Apply(tokens);
        }

        return string.Join(_between, tokens);
    }

    /// <summary>The text of all parts together.</summary>
    public string Finish(string parts) => _whole.Length == 0 ? parts : string.Concat(_whole.Aggregate(new List<string> { parts }, (text, step) => step.Apply(text)));

    private static IEnumerable<DecoderStep> ReadSteps(JsonPlace place)
    {
        switch (place.Type())
        {
            case "Sequence":
                return place["decoders"].Items().SelectMany(ReadSteps);
            case "ByteLevel":
                return [new(DecoderSteps.ByteLevel) { Joins = true, IsOpen = DecoderSteps.EndsWithinACharacter }];
            case "ByteFallback":
                return [new(DecoderSteps.ByteFallback) { IsOpen = DecoderSteps.EndsWithAByte }];
            case "Fuse":
                return [new(DecoderSteps.Fuse) { Joins = true }];
            case "Replace":
                var replacement = TextReplacement.Read(place);
                return [new(tokens => DecoderSteps.Each(tokens, replacement.Apply))];
            case "Strip":
                string content = place["content"].Text();
                if (content.Length != 1) throw place["content"].Bad($"'{content}' must be one character (of the basic plane)");
                int start = place["start"].Id(), stop = place["stop"].Id();
                return [new(tokens => DecoderSteps.Each(tokens, token => DecoderSteps.Strip(token, content[0], start, stop))) { IsOfStart = stop == 0 }];
            case "Metaspace":
                var mark = SpaceMark.Read(place);
                return [new(tokens => DecoderSteps.Metaspace(tokens, mark)) { IsLocal = mark.Prepend == PrependScheme.Never }];
            default:
                throw place.Unsupported("ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, Sequence of these, null");
        }
    }
}
