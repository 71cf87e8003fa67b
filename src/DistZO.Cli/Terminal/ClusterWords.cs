using System.Globalization;
using System.Text;

namespace DistZO.Cli.Terminal;

/// <summary>
/// Words of others, fit for a terminal: names and messages come from workers, and a control sequence in them could rewrite the screen or
/// worse. Nothing but visible characters passes.
/// </summary>
internal static class ClusterWords
{
    /// <summary>The text with each control, format or unpaired character as <c>?</c>, cut to a width.</summary>
    public static string Fit(string text, int width)
    {
        if (width <= 0) return "";
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var hidden = rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
                or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            if (hidden) safe.Append('?');
            else safe.Append(rune);
        }

        if (safe.Length <= width) return safe.ToString();
        var cut = width - 1;
        if (cut > 0 && char.IsHighSurrogate(safe[cut - 1])) cut--;
        return safe.ToString(0, cut) + "…";
    }

    /// <summary>Parts on as few lines as hold them, with a gap between them; a part that is too long for a line is cut.</summary>
    public static IReadOnlyList<string> Wrap(IEnumerable<string> parts, string gap, int width)
    {
        var lines = new List<string>();
        foreach (var part in parts.Where(part => part.Length > 0).Select(part => Fit(part, width)))
        {
            if (lines.Count > 0 && lines[^1].Length + gap.Length + part.Length <= width) lines[^1] += gap + part;
            else lines.Add(part);
        }

        return lines;
    }

    /// <summary>A loss or a score; a dash for none.</summary>
    public static string Value(double? value) => value is { } known && double.IsFinite(known)
        ? known.ToString("0.000", CultureInfo.InvariantCulture) : "-";
}
