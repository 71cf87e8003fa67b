using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>The files of <c>deploy/observability</c>.</summary>
internal static partial class Observability
{
    public static string At(params string[] parts) => Path.Combine([Fixtures.Repository, "deploy", "observability", .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(At(parts));

    /// <summary>The names in a query that look like metrics of DistZO; parts of a histogram under the histogram's name.</summary>
    public static IEnumerable<string> Metrics(string expression) =>
        Name().Matches(Grouping().Replace(expression, "")).Select(match => Part().Replace(match.Value, ""));

    [GeneratedRegex("\\b(distzo|process)_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("\\b(by|without|on|ignoring) \\([^)]*\\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}
