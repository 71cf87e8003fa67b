namespace DistZO.Models.Tokenizers;

/// <summary>
/// Takes a text through the steps before post-processing: added tokens, normalizer, splits, model. For one thread at a time.
/// </summary>
internal sealed class TextEncoder(AddedTokens added, TextNormalizer? normalizer, PreTokenizer preTokenizer, WordEncoder words)
{
    private readonly IdBuffer _ids = new();

    /// <summary>The ids of a text, valid until the next call.</summary>
    public ReadOnlySpan<int> Encode(string text)
    {
        _ids.Clear();
        if (!IsWellFormed(text)) text = Repair(text);
        if (added.Raw is null)
        {
            EncodeRaw(text, first: true);
            return _ids.Span;
        }

        foreach (var (start, end, token) in added.Raw.Cut(text))
        {
            if (token is not null) _ids.Add(token.Id);
            else EncodeRaw(text.AsSpan(start, end - start), start == 0);
        }

        return _ids.Span;
    }

    private void EncodeRaw(ReadOnlySpan<char> text, bool first) =>
        EncodeNormalized(normalizer is null ? text : normalizer.Normalize(text.ToString()), first);

    private void EncodeNormalized(ReadOnlySpan<char> text, bool first)
    {
        if (added.Normalized is null)
        {
            EncodePiece(text, first, 0);
            return;
        }

        foreach (var (start, end, token) in added.Normalized.Cut(text))
        {
            if (token is not null) _ids.Add(token.Id);
            else EncodePiece(text[start..end], first && start == 0, 0);
        }
    }

    /// <summary>Takes a piece through the steps from the given one on, then encodes what is left.</summary>
    private void EncodePiece(ReadOnlySpan<char> piece, bool first, int step)
    {
        if (piece.IsEmpty) return;
        if (step == preTokenizer.Steps.Length)
        {
            words.Encode(piece, _ids);
            return;
        }

        var (mark, splitter) = preTokenizer.Steps[step];
        if (mark is not null) piece = mark.Apply(piece, first);
        if (splitter is null)
        {
            EncodePiece(piece, first, step + 1);
            return;
        }

        for (int start = 0, end; start < piece.Length; start = end)
        {
            end = splitter.WordEnd(piece, start);
            EncodePiece(piece[start..end], first && start == 0, step + 1);
        }
    }

    private static bool IsWellFormed(string text)
    {
        int at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        for (; at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at])) continue;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1])) return false;
            at++;
        }

        return true;
    }

    private static string Repair(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));
}
