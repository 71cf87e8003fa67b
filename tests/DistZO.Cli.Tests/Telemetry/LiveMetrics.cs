namespace DistZO.Cli.Tests.Telemetry;

/// <summary>Names of metrics as Prometheus has them, from a page and from OTLP.</summary>
internal static class LiveMetrics
{
    /// <summary>The families of a page, in order.</summary>
    public static IEnumerable<string> OfThePage(string page) =>
        page.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).Order(StringComparer.Ordinal);

    /// <summary>
    /// An exported metric's name behind a collector that writes for Prometheus: the rules of OpenTelemetry's compatibility page, once
    /// more, so that those of the coordinator are compared with something.
    /// </summary>
    public static string InPrometheus(ExportedMetric metric)
    {
        var unit = metric.Unit switch
        {
            "" => "",
            "s" => "_seconds",
            "By" => "_bytes",
            "{cell}/s" => "_per_second",
            var annotation => annotation[0] == '{' && annotation[^1] == '}' ? "" : throw new InvalidOperationException(annotation),
        };
        return metric.Name.Replace('.', '_') + unit + (metric.Kind == "counter" ? "_total" : "");
    }

    /// <summary>Every metric of a live run: its page, and what its workers export.</summary>
    public static HashSet<string> All(LiveRun run) => [.. OfThePage(run.Page), .. run.Metrics.Select(InPrometheus)];

    /// <summary>Labels that some metric of a live run has; a collector makes labels of what the process is, too.</summary>
    public static HashSet<string> Labels(LiveRun run) =>
        [.. run.Metrics.SelectMany(metric => metric.Points.SelectMany(point => point.Keys).Concat(metric.Resource.Keys)).Select(name => name.Replace('.', '_'))];
}
