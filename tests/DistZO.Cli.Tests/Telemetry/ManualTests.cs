namespace DistZO.Cli.Tests.Telemetry;

/// <summary>The tables of docs/observability.md against what a live run exports.</summary>
[Collection(LiveRunCollection.Name)]
public sealed class ManualTests(LiveRun run)
{
    [Fact]
    public void Metrics_InTheManual_AreThoseThatAreExported()
    {
        var told = Manual.Rows("## Metrics").Select(cells => (Name: cells[0], Unit: cells[1], Kind: cells[2], Labels: Sorted(cells[3].Split(", ")), Prometheus: cells[4]));
        var exported = run.Metrics.GroupBy(metric => metric.Name).Select(same => (
            same.Key,
            same.First().Unit,
            same.First().Kind,
            Sorted(same.SelectMany(metric => metric.Points).SelectMany(point => point.Keys).Distinct()),
            LiveMetrics.InPrometheus(same.First())));
        Assert.Equal(exported.Order(), told.Order());
    }

    [Fact]
    public void Spans_InTheManual_AreThoseThatAreExported()
    {
        var told = Manual.Rows("## Spans").Select(cells => (Name: cells[0], Scope: cells[1], Attributes: Sorted(cells[3].Split(", "))));
        var exported = run.Spans.GroupBy(span => span.Name).Select(same => (
            same.Key,
            same.First().Scope,
            Sorted(same.SelectMany(span => span.Tags.Keys).Distinct())));
        Assert.Equal(exported.Order(), told.Order());
        var parents = Manual.Rows("## Spans").ToDictionary(cells => cells[0], cells => cells[2].Split(", "));
        var names = run.Spans.ToDictionary(span => span.Id, span => span.Name);
        // A transfer may happen to fall into shares alone.
        Assert.All(run.Spans, span => Assert.Contains(span.Parent.Length > 0 ? names[span.Parent] : "", parents[span.Name]));
    }

    private static string Sorted(IEnumerable<string> words) => string.Join(' ', words.Order(StringComparer.Ordinal));
}
