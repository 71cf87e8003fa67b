using System.Text.Json;
using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary><c>deploy/observability</c> against what a live run exports, and before Prometheus' own checker.</summary>
[Collection(LiveRunCollection.Name)]
public sealed partial class ObservabilityFilesTests(LiveRun run)
{
    [Fact]
    public void Dashboard_AsksFor_WhatARunExports()
    {
        using var dashboard = new Dashboard();
        var exported = LiveMetrics.All(run);
        var labels = LiveMetrics.Labels(run);
        Assert.NotEmpty(dashboard.Queries);
        foreach (var (expression, legend) in dashboard.Queries)
        {
            Assert.NotEmpty(Observability.Metrics(expression));
            Assert.All(Observability.Metrics(expression), name => Assert.Contains(name, exported));
            Assert.All(Placeholder().Matches(legend).Select(match => match.Groups[1].Value), name => Assert.Contains(name, labels));
        }
    }

    [Fact]
    public void Alerts_AskFor_WhatARunExports()
    {
        var exported = LiveMetrics.All(run);
        var asked = Observability.Read("alerts.yml").Split('\n').Where(line => line.TrimStart().StartsWith("expr:", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(asked);
        // Whether a target answers is Prometheus' own.
        foreach (var expression in asked.Where(line => !line.Contains(" up{", StringComparison.Ordinal)))
        {
            Assert.NotEmpty(Observability.Metrics(expression));
            Assert.All(Observability.Metrics(expression), name => Assert.Contains(name, exported));
        }
    }

    [Fact]
    public void Alerts_AllOfThem_AreTestedAndInTheManual()
    {
        var (tests, manual) = (Observability.Read("alerts_test.yml"), File.ReadAllText(Path.Combine(Fixtures.Repository, "docs", "observability.md")));
        foreach (var name in AlertName().Matches(Observability.Read("alerts.yml")).Select(match => match.Groups[1].Value))
        {
            Assert.Matches($@"alertname: {name}\n\s+exp_alerts:\n", tests);
            Assert.Contains($"| `{name}` |", manual, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Dashboard_ItsPanels_HavePlacesOfTheirOwn()
    {
        using var dashboard = new Dashboard();
        var panels = dashboard.Panels.ToList();
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var cells = new HashSet<(int, int)>();
        foreach (var place in panels.Select(panel => panel.GetProperty("gridPos")))
        {
            var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            var (w, h) = (place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
            Assert.InRange(x + w, 1, 24);
            foreach (var at in Enumerable.Range(0, w * h)) Assert.True(cells.Add((x + (at % w), y + (at / w))), place.ToString());
        }

        var variables = dashboard.Root.GetProperty("templating").GetProperty("list").EnumerateArray().Select(one => one.GetProperty("name").GetString()).ToList();
        Assert.All(panels.Where(panel => panel.TryGetProperty("datasource", out _)), panel =>
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.All(
            dashboard.Queries.SelectMany(query => Variable().Matches(query.Expression)).Select(match => match.Groups[1].Value),
            name => Assert.Contains(name, variables.Append("__rate_interval")));
    }

    [SkippableFact]
    public void Dashboard_BeforePromtool_AsksInPromQl()
    {
        using var dashboard = new Dashboard();
        using var folder = new TemporaryFolder();
        var rules = dashboard.Queries.Select((query, i) => $"- record: query:{i}\n  expr: {JsonSerializer.Serialize(Filled(query.Expression))}\n");
        File.WriteAllText(folder["rules.yml"], $"groups:\n- name: dashboard\n  rules:\n{string.Concat(rules.Select(rule => Indented(rule)))}");
        Promtool.Require("check", "rules", folder["rules.yml"]);

        static string Filled(string expression) =>
            expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);

        static string Indented(string rule) => string.Concat(rule.TrimEnd('\n').Split('\n').Select(line => $"  {line}\n"));
    }

    [SkippableTheory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts_test.yml")]
    public void Files_BeforePromtool_AreFaultless(string verb, string what, string file) => Promtool.Require(verb, what, Observability.At(file));

    [Fact]
    public void Files_OfCompose_AreThereAndNameItsServices()
    {
        var compose = File.ReadAllText(Path.Combine(Fixtures.Repository, "docker", "compose.yaml"));
        var mounted = Mounted().Matches(compose).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(mounted);
        Assert.All(mounted, path => Assert.True(Path.Exists(Observability.At(path)), path));
        Assert.All(Target().Matches(Observability.Read("prometheus.yml")).Select(match => match.Groups[1].Value), service =>
            Assert.Contains($"\n  {service}:\n", compose, StringComparison.Ordinal));
        Assert.Contains("otel-collector:8889", Observability.Read("prometheus.yml"), StringComparison.Ordinal);
        Assert.Contains("endpoint: \"0.0.0.0:8889\"", Observability.Read("otel-collector.yaml"), StringComparison.Ordinal);
        Assert.Contains("options: {path: /var/lib/grafana/dashboards}", Observability.Read("grafana", "provisioning", "dashboards", "distzo.yaml"), StringComparison.Ordinal);
        Assert.Contains("grafana/dashboards:/var/lib/grafana/dashboards:", compose, StringComparison.Ordinal);
        Assert.Contains("http://prometheus:9090", Observability.Read("grafana", "provisioning", "datasources", "prometheus.yaml"), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"alert: (\w+)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"\$(\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\.\./deploy/observability/([^:]+):")]
    private static partial Regex Mounted();

    [GeneratedRegex("\"([a-z-]+):\\d+\"")]
    private static partial Regex Target();
}
