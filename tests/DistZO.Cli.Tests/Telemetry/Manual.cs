using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>docs/observability.md.</summary>
internal static partial class Manual
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Fixtures.Repository, "docs", "observability.md"));

    /// <summary>The cells of a section's tables, without their headings.</summary>
    public static IEnumerable<string[]> Rows(string heading)
    {
        var section = Text[Text.IndexOf(heading, StringComparison.Ordinal)..];
        var end = section.IndexOf("\n## ", StringComparison.Ordinal);
        return Row().Matches(end < 0 ? section : section[..end]).Select(row => row.Value.Split('|')[1..^1].Select(cell => cell.Replace("`", "", StringComparison.Ordinal).Trim()).ToArray());
    }

    [GeneratedRegex(@"^\| `.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
