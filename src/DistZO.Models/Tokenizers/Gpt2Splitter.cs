namespace DistZO.Models.Tokenizers;

/// <summary>GPT-2's pattern, which is also ByteLevel's own.</summary>
internal sealed class Gpt2Splitter : WordSplitter
{
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The same language, as tiktoken writes it.</summary>
    public const string ShortPattern = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public override int WordEnd(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text[(start + 1)..]) is > 0 and var letters) return start + 1 + letters;

        int at = start;
        if (text[at] == ' ' && at + 1 < text.Length) at++;
        var kind = CharacterClasses.At(text, at, out int length);
        if (kind is not (CharacterClass.Space or CharacterClass.LineBreak)) return CharacterClasses.RunEnd(text, at + length, kind);

        return LeaveLastSpace(text, start, CharacterClasses.WhiteSpaceEnd(text, start, out _));
    }

    private static int Contraction(ReadOnlySpan<char> rest) => rest switch
    {
        ['s' or 't' or 'm' or 'd', ..] => 1,
        ['r' or 'v', 'e', ..] or ['l', 'l', ..] => 2,
        _ => 0,
    };
}
