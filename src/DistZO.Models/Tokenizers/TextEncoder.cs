namespace DistZO.Models.Tokenizers;

/// <summary>
/// Takes a text through the steps before post-processing: added tokens, normalizer, splits, model. For one thread at a time.
/// </summary>
internal sealed class TextEncoder(AddedTokens added, TextNormalizer? normalizer, PreTokenizer preTokenizer, BpeModel model)
{
    private readonly WordEncoder _words = new(model);
    private readonly IdBuffer _ids = new();
    private char[] _prefixed = [];

    /// <summary>The ids of a text, valid until the next call.</summary>
    public ReadOnlySpan<int> Encode(string text)
    {
        _ids.Clear();
        if (!IsWellFormed(text)) text = Repair(text);
        if (added.Raw is null)
        {
            EncodeRaw(text);
            return _ids.Span;
        }

        foreach (var (start, end, token) in added.Raw.Cut(text))
        {
            if (token is not null) _ids.Add(token.Id);
            else EncodeRaw(text.AsSpan(start, end - start));
        }

        return _ids.Span;
    }

    private void EncodeRaw(ReadOnlySpan<char> text) =>
        EncodeNormalized(normalizer is null ? text : normalizer.Normalize(text.ToString()));

    private void EncodeNormalized(ReadOnlySpan<char> text)
    {
        if (added.Normalized is null)
        {
            EncodePiece(text, 0);
            return;
        }

        foreach (var (start, end, token) in added.Normalized.Cut(text))
        {
            if (token is not null) _ids.Add(token.Id);
            else EncodePiece(text[start..end], 0);
        }
    }

    /// <summary>Cuts a piece by the splitters from the given one on, then encodes what is left.</summary>
    private void EncodePiece(ReadOnlySpan<char> piece, int splitter)
    {
        if (splitter == preTokenizer.Splits.Length)
        {
            EncodeByteLevel(piece);
            return;
        }

        for (int start = 0, end; start < piece.Length; start = end)
        {
            end = preTokenizer.Splits[splitter].WordEnd(piece, start);
            EncodePiece(piece[start..end], splitter + 1);
        }
    }

    private void EncodeByteLevel(ReadOnlySpan<char> piece)
    {
        if (piece.IsEmpty) return;
        if (preTokenizer.AddPrefixSpace && piece[0] != ' ') piece = Prefixed(piece);
        if (preTokenizer.ByteLevelSplit is not { } split)
        {
            _words.Encode(piece, _ids);
            return;
        }

        for (int start = 0, end; start < piece.Length; start = end)
        {
            end = split.WordEnd(piece, start);
            _words.Encode(piece[start..end], _ids);
        }
    }

    private ReadOnlySpan<char> Prefixed(ReadOnlySpan<char> piece)
    {
        if (_prefixed.Length <= piece.Length) _prefixed = new char[2 * (piece.Length + 1)];
        _prefixed[0] = ' ';
        piece.CopyTo(_prefixed.AsSpan(1));
        return _prefixed.AsSpan(0, piece.Length + 1);
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
