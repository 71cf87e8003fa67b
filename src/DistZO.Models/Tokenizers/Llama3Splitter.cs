namespace DistZO.Models.Tokenizers;

/// <summary>LLaMA-3's pattern, and Qwen's, which takes digits one by one instead of up to three.</summary>
internal sealed class Llama3Splitter(int maxDigits) : WordSplitter
{
    public const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string QwenPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override int WordEnd(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text[(start + 1)..]) is > 0 and var letters) return start + 1 + letters;

        var kind = CharacterClasses.At(text, start, out int length);
        int next = start + length;
        if (kind == CharacterClass.Letter) return CharacterClasses.RunEnd(text, next, CharacterClass.Letter);
        if (kind == CharacterClass.Number) return DigitsEnd(text, next);

        // One character of any other kind but a line break may lead a word.
        var nextKind = next < text.Length ? CharacterClasses.At(text, next, out length) : CharacterClass.LineBreak;
        if (kind != CharacterClass.LineBreak && nextKind == CharacterClass.Letter)
            return CharacterClasses.RunEnd(text, next + length, CharacterClass.Letter);

        bool spaced = text[start] == ' ' && nextKind == CharacterClass.Other;
        if (kind == CharacterClass.Other || spaced)
        {
            int end = CharacterClasses.RunEnd(text, next, CharacterClass.Other);
            return CharacterClasses.RunEnd(text, end, CharacterClass.LineBreak);
        }

        int spaceEnd = CharacterClasses.WhiteSpaceEnd(text, start, out int lastLineBreakEnd);
        return lastLineBreakEnd >= 0 ? lastLineBreakEnd : LeaveLastSpace(text, start, spaceEnd);
    }

    private int DigitsEnd(ReadOnlySpan<char> text, int at)
    {
        for (int digits = 1; digits < maxDigits && at < text.Length; digits++)
        {
            if (CharacterClasses.At(text, at, out int length) != CharacterClass.Number) break;
            at += length;
        }

        return at;
    }

    /// <summary>
    /// Without regard to case; U+017F (long s) folds to s, the only character beyond ASCII that folds to one of these letters.
    /// </summary>
    private static int Contraction(ReadOnlySpan<char> rest) => rest switch
    {
        ['s' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D', ..] => 1,
        ['r' or 'R' or 'v' or 'V', 'e' or 'E', ..] or ['l' or 'L', 'l' or 'L', ..] => 2,
        _ => 0,
    };
}
