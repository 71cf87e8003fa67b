using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace DistZO.Models.Tokenizers;

/// <summary>What the components of a decoder do to the pieces of a text.</summary>
internal static class DecoderSteps
{
    private const string Replacement = "\uFFFD";

    /// <summary>The same for each piece.</summary>
    public static List<string> Each(List<string> tokens, Func<string, string> step) => tokens.ConvertAll(token => step(token));

    public static List<string> Fuse(List<string> tokens) => [string.Concat(tokens)];

    /// <summary>All pieces as bytes, these as one text; each sequence that is no UTF-8 becomes one U+FFFD.</summary>
    public static List<string> ByteLevel(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (string token in tokens) ByteLevelAlphabet.AppendBytes(token, bytes);
        return [Encoding.UTF8.GetString([.. bytes])];
    }

    /// <summary>Whether the pieces' bytes end in what is no UTF-8, but may become some.</summary>
    public static bool EndsWithinACharacter(List<string> tokens) => ByteLevel(tokens)[0].EndsWith(Replacement, StringComparison.Ordinal);

    /// <summary>Whether the last piece is a byte token, whose run may go on.</summary>
    public static bool EndsWithAByte(List<string> tokens) => tokens.Count > 0 && TryReadByte(tokens[^1], out _);

    /// <summary>
    /// Each run of byte tokens such as <c>&lt;0x0A&gt;</c> as text; where it is no UTF-8, one U+FFFD for each of its bytes.
    /// </summary>
    public static List<string> ByteFallback(List<string> tokens)
    {
        var pieces = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (TryReadByte(token, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush();
            pieces.Add(token);
        }

        Flush();
        return pieces;

        void Flush()
        {
            byte[] run = [.. bytes];
            if (Utf8.IsValid(run)) pieces.Add(Encoding.UTF8.GetString(run));
            else pieces.AddRange(Enumerable.Repeat(Replacement, run.Length));
            bytes.Clear();
        }
    }

    /// <summary>A piece without up to so many of a character at its start and at its end.</summary>
    public static string Strip(string token, char content, int start, int stop)
    {
        int from = 0, to = token.Length;
        while (from < Math.Min(start, token.Length) && token[from] == content) from++;
        while (to > from && token.Length - to < stop && token[to - 1] == content) to--;
        return token[from..to];
    }

    /// <summary>Marks become spaces; those of the first piece vanish where encoding puts one there.</summary>
    public static List<string> Metaspace(List<string> tokens, SpaceMark mark)
    {
        string text = mark.Mark.ToString();
        var pieces = tokens.ConvertAll(token => token.Replace(mark.Mark, ' '));
        if (pieces.Count > 0 && mark.Prepend != PrependScheme.Never)
            pieces[0] = tokens[0].Replace(text, "", StringComparison.Ordinal);
        return pieces;
    }

    private static bool TryReadByte(string token, out byte value)
    {
        value = 0;
        return token is ['<', '0', 'x', _, _, '>']
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
