using System.Globalization;
using System.Text;

namespace DistZO.Coordinator;

/// <summary>Text from workers as one line that a terminal shows as it is: no control sequences, nothing that turns its direction, no flood.</summary>
internal static class PrintableText
{
    /// <summary>The text without what is not printable, cut at a length.</summary>
    public static string Of(string text, int most)
    {
        var printable = new StringBuilder(Math.Min(text.Length, most));
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) continue;
            if (printable.Length + rune.Utf16SequenceLength > most) break;
            printable.Append(rune);
        }

        return printable.ToString();
    }
}
