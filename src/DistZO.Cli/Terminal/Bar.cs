using System.Text;

namespace DistZO.Cli.Terminal;

/// <summary>A share of something as a line that is part thick, part thin.</summary>
internal static class Bar
{
    /// <summary>A bar of <paramref name="width"/> columns, colours not counted.</summary>
    public static string Of(double share, int width, bool colour)
    {
        // Half a cell is visible in this typeface of lines, so the bar moves twice as smoothly as its width.
        var halves = (int)(Math.Clamp(share, 0, 1) * width * 2);
        var done = new StringBuilder().Append('━', halves / 2);
        if (halves % 2 == 1) done.Append('╸');
        var rest = new string('─', width - done.Length);
        return colour ? $"{Ansi.Cyan}{done}{Ansi.Dim}{rest}{Ansi.Plain}" : done + rest;
    }
}
