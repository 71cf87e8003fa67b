namespace DistZO.Tests;

/// <summary>
/// The commands of a page of <c>docs/</c>: its indented lines, or of these the ones behind a prompt where there are such. One that ends in a
/// backslash goes on in the next.
/// </summary>
internal static class OperatorPage
{
    /// <summary>Behind it stands what a command needs that the machine of the tests lacks.</summary>
    private const string Mark = "# ✱ ";

    /// <summary>The pages whose every command is run or marked.</summary>
    public static readonly string[] All = ["operations.md", "distributed.md", "observability.md", "rest.md", "commands.md", "gpu.md"];

    /// <summary>A section's commands as they stand, in their order, without those that are marked.</summary>
    /// <param name="page">Its file's name.</param>
    /// <param name="section">The heading; empty for what stands before the first.</param>
    public static IReadOnlyList<string> Commands(string page, string section)
    {
        var commands = Read(page).Where(line => line.Section == section && !line.Text.Contains(Mark, StringComparison.Ordinal)).Select(line => line.Text).ToList();
        Assert.NotEmpty(commands);
        return commands;
    }

    /// <summary>The sections with commands that are to be run.</summary>
    public static IEnumerable<string> Sections(string page) =>
        Read(page).Where(line => !line.Text.Contains(Mark, StringComparison.Ordinal)).Select(line => line.Section).Distinct();

    private static List<(string Section, string Text)> Read(string page)
    {
        var (section, lines) = ("", new List<(string Section, string Text)>());
        foreach (var line in File.ReadLines(Path.Combine(Fixtures.Repository, "docs", page)))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) section = line[3..];
            else if (!line.StartsWith("    ", StringComparison.Ordinal)) continue;
            else if (lines.Count > 0 && lines[^1].Text.EndsWith('\\')) lines[^1] = (section, lines[^1].Text[..^1] + line.Trim());
            else lines.Add((section, line.Trim()));
        }

        var prompted = lines.Where(line => line.Text.StartsWith("$ ", StringComparison.Ordinal)).Select(line => (line.Section, line.Text[2..])).ToList();
        return prompted.Count > 0 ? prompted : lines;
    }
}
