using System.Buffers;
using System.Globalization;
using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>Finds added tokens in a text: the leftmost match, of those the longest, then on from its end.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> _any;
    private readonly Dictionary<char, List<(string Pattern, AddedToken Token)>> _byFirst = [];

    /// <param name="patterns">What to look for and the token that it stands for; no pattern is empty.</param>
    public AddedTokenMatcher(IReadOnlyCollection<(string Pattern, AddedToken Token)> patterns)
    {
        _any = SearchValues.Create([.. patterns.Select(p => p.Pattern)], StringComparison.Ordinal);
        foreach (var group in patterns.GroupBy(p => p.Pattern[0]))
            _byFirst[group.Key] = [.. group.OrderByDescending(p => p.Pattern.Length)];
    }

    /// <summary>
    /// The pieces of a text in order: those with a token, and the non-empty ones between them. A piece of a token can reach back
    /// into the one before it, where that one swallowed white space which is itself a token; the library does the same.
    /// </summary>
    public List<(int Start, int End, AddedToken? Token)> Cut(ReadOnlySpan<char> text)
    {
        var pieces = new List<(int Start, int End, AddedToken? Token)>();
        int covered = 0, at = 0;
        while (at < text.Length)
        {
            int found = text[at..].IndexOfAny(_any);
            if (found < 0) break;

            int start = at + found;
            var (pattern, token) = Longest(text[start..]);
            int end = at = start + pattern.Length;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..]))) continue;

            if (token.LeftStrip) start = Math.Max(text[..start].TrimEnd().Length, covered);
            if (token.RightStrip) end = text.Length - text[end..].TrimStart().Length;
            if (start >= end) continue; // All of it was swallowed by the one before, as of two line breaks that take white space.
            if (covered < start) pieces.Add((covered, start, null));
            pieces.Add((start, end, token));
            covered = end;
        }

        if (covered < text.Length) pieces.Add((covered, text.Length, null));
        return pieces;
    }

    private (string Pattern, AddedToken Token) Longest(ReadOnlySpan<char> text)
    {
        foreach (var candidate in _byFirst[text[0]])
        {
            if (text.StartsWith(candidate.Pattern, StringComparison.Ordinal)) return candidate;
        }

        throw new InvalidOperationException("the search found a token that no list holds");
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var last, out _) == OperationStatus.Done && IsWord(last);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var first, out _) == OperationStatus.Done && IsWord(first);

    /// <summary><c>\w</c> of Unicode Technical Standard 18: alphabetic, mark, decimal digit, connector, join control.</summary>
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        // The circled and squared Latin letters are alphabetic, though symbols by category.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };
}
