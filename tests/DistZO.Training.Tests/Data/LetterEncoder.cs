namespace DistZO.Training.Tests;

/// <summary>
/// One token a character (its code), with id 2 before every text, as OPT has. "#" and the character after it are one token, so that
/// an answer can change how the end of its prompt is tokenized.
/// </summary>
internal sealed class LetterEncoder(params int[] leading) : ITextEncoder
{
    public int[] Encode(string text, bool addSpecialTokens)
    {
        var ids = new List<int>(addSpecialTokens ? leading : []);
        for (int i = 0; i < text.Length; i++)
        {
            bool merges = text[i] == '#' && i + 1 < text.Length;
            ids.Add(merges ? 1000 + text[++i] : text[i]);
        }
        return [.. ids];
    }

    public static LetterEncoder Opt { get; } = new(2);
}
