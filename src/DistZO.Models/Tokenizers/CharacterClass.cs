using System.Globalization;

namespace DistZO.Models.Tokenizers;

/// <summary>What the split patterns tell apart.</summary>
internal enum CharacterClass : byte
{
    /// <summary>None of the others: punctuation, symbols, marks, unassigned.</summary>
    Other,

    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c></summary>
    Number,

    /// <summary><c>\s</c> but not a line break.</summary>
    Space,

    /// <summary><c>[\r\n]</c></summary>
    LineBreak,
}

/// <summary>
/// Classifies characters as the regular expressions of the Hugging Face library do: by Unicode scalar value, not by UTF-16 unit.
/// </summary>
internal static class CharacterClasses
{
    /// <summary>One class for each UTF-16 unit; surrogates are looked up in pairs.</summary>
    private static readonly CharacterClass[] BasicPlane = MakeBasicPlane();

    /// <summary>The class of the character at <paramref name="at"/> of well-formed UTF-16 and its length in units.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int at, out int length)
    {
        char c = text[at];
        if (!char.IsHighSurrogate(c) || at + 1 >= text.Length)
        {
            length = 1;
            return BasicPlane[c];
        }

        length = 2;
        return Classify(char.ConvertToUtf32(c, text[at + 1]));
    }

    /// <summary>The first position from <paramref name="at"/> on whose character is not of the class.</summary>
    public static int RunEnd(ReadOnlySpan<char> text, int at, CharacterClass wanted)
    {
        while (at < text.Length && At(text, at, out int length) == wanted) at += length;
        return at;
    }

    /// <summary>
    /// <c>\s+</c> from <paramref name="at"/>: the position behind the white space, and the one behind its last line break (−1:
    /// none).
    /// </summary>
    public static int WhiteSpaceEnd(ReadOnlySpan<char> text, int at, out int lastLineBreakEnd)
    {
        lastLineBreakEnd = -1;
        for (; at < text.Length; at++)
        {
            // All white space is in the basic plane.
            var kind = BasicPlane[text[at]];
            if (kind == CharacterClass.LineBreak) lastLineBreakEnd = at + 1;
            else if (kind != CharacterClass.Space) break;
        }

        return at;
    }

    private static CharacterClass[] MakeBasicPlane()
    {
        var classes = new CharacterClass[char.MaxValue + 1];
        for (int c = 0; c < classes.Length; c++) classes[c] = Classify(c);
        return classes;
    }

    private static CharacterClass Classify(int codePoint)
    {
        if (codePoint is '\r' or '\n') return CharacterClass.LineBreak;
        if (codePoint <= char.MaxValue && char.IsWhiteSpace((char)codePoint)) return CharacterClass.Space;
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
