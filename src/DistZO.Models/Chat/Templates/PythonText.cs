using System.Text;

namespace DistZO.Models.Chat.Templates;

/// <summary>Texts as Python has them: sequences of code points, with Python's notion of white space.</summary>
internal static class PythonText
{
    /// <summary><c>str.isspace</c>: also the four separators U+001C to U+001F, which .NET takes for control characters.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    public static string TrimStart(string text)
    {
        int at = 0;
        while (at < text.Length && IsSpace(text[at])) at++;
        return text[at..];
    }

    public static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return text[..end];
    }

    /// <summary><c>str.strip</c> and its kin: of the characters given, or of white space (null).</summary>
    public static string Strip(string text, string? characters, bool left, bool right)
    {
        if (characters is null)
        {
            if (left) text = TrimStart(text);
            return right ? TrimEnd(text) : text;
        }

        if (characters.Any(char.IsSurrogate)) throw new TemplateProblem("stripping characters beyond U+FFFF is not supported");
        char[] set = characters.ToCharArray();
        if (set.Length == 0) return text;
        if (left) text = text.TrimStart(set);
        return right ? text.TrimEnd(set) : text;
    }

    public static int Length(string text) => text.Length - text.Count(char.IsLowSurrogate);

    /// <summary>The code points, each as a text.</summary>
    public static List<string> Characters(string text) => [.. text.EnumerateRunes().Select(rune => rune.ToString())];

    /// <summary><c>str.split()</c>: the words between white space, the last of <paramref name="most"/> + 1 with what is left.</summary>
    public static List<string> Words(string text, long most)
    {
        var words = new List<string>();
        for (text = TrimStart(text); text.Length > 0;)
        {
            int end = 0;
            if (most >= 0 && words.Count == most) end = text.Length;
            while (end < text.Length && !IsSpace(text[end])) end++;
            words.Add(text[..end]);
            text = TrimStart(text[end..]);
        }

        return words;
    }

    /// <summary>Upper or lower case of ASCII texts; others, whose mapping depends on the Unicode version, are refused.</summary>
    public static string RequireAscii(string text, string operation) => Ascii.IsValid(text)
        ? text
        : throw new TemplateProblem($"'{operation}' of text beyond ASCII is not supported");

    /// <summary><c>str.title</c>: the first letter of each run of letters.</summary>
    public static string Title(string text)
    {
        var title = new StringBuilder(RequireAscii(text, "title").ToLowerInvariant());
        for (int i = 0; i < title.Length; i++)
        {
            if (i == 0 || !char.IsAsciiLetter(title[i - 1])) title[i] = char.ToUpperInvariant(title[i]);
        }

        return title.ToString();
    }

    /// <summary><c>str.capitalize</c></summary>
    public static string Capitalize(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(RequireAscii(text, "capitalize")[0]) + text[1..].ToLowerInvariant();
}
