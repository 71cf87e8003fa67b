using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DistZO.Cli.Tests.Cluster;
using DistZO.Cli.Tests.Commands;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>One process that exports: its protocols, and endpoints that take nothing.</summary>
[Collection("processes")]
public sealed class ExportTests : IDisposable
{
    private const int Steps = 6;

    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task Train_OverGrpc_ExportsSpansAndMetrics()
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc: true);
        Assert.DoesNotContain("warning", Run(receiver.Variables));
        var spans = receiver.Spans;
        Assert.Equal(Steps, spans.Count(span => span.Name == "step"));
        var steps = spans.Where(span => span.Name == "step").Select(span => span.Id).ToHashSet();
        Assert.All(spans.Where(span => span.Name == "share"), share => Assert.Contains(share.Parent, steps));
        Assert.All(spans, span => Assert.Equal("distzo-train", span.Resource["service.name"]));
        Assert.Contains(receiver.Metrics, metric => metric is { Name: "distzo.step.duration", Unit: "s", Kind: "histogram" });
        Assert.Contains(receiver.Metrics, metric => metric is { Name: "distzo.steps", Unit: "{step}", Kind: "counter" });
    }

    [Fact]
    public async Task Train_WithLogsAsJson_NamesRunStepRankAndSpan()
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc: false);
        var said = Run(new(receiver.Variables) { ["DISTZO_LOG_FORMAT"] = "json" }).Split('\n');
        var lines = said.Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var steps = receiver.Spans.Where(span => span.Name == "step").ToDictionary(span => span.Tags["distzo.step"]);
        foreach (var line in lines.Where(line => line.GetProperty("event").GetString() == "step"))
        {
            var span = steps[line.GetProperty("step").GetRawText()];
            Assert.Equal((span.Trace, span.Id), (line.GetProperty("trace_id").GetString(), line.GetProperty("span_id").GetString()));
            Assert.Equal((span.Tags["distzo.run"], "local"), (line.GetProperty("run").GetString(), line.GetProperty("rank").GetString()));
        }

        Assert.Equal(Steps, lines.Count(line => line.GetProperty("event").GetString() == "step"));
        Assert.All(lines, line => Assert.InRange(line.GetProperty("time").GetDateTime(), DateTime.UnixEpoch, DateTime.MaxValue));
        // Behind the step stands what is the event's own.
        var fields = lines.SelectMany(line => line.EnumerateObject().Select(field => field.Name)
            .TakeWhile((_, i) => i == 0 || line.EnumerateObject().ElementAt(i - 1).Name != "step")
            .Concat(line.TryGetProperty("message", out _) ? ["message"] : []));
        Assert.Equal(Manual.Rows("## Logs").Select(cells => cells[0]).Order(StringComparer.Ordinal), fields.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Train_WithOneSignalSwitchedOff_ExportsTheOther()
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc: false);
        Run(new(receiver.Variables) { ["OTEL_METRICS_EXPORTER"] = "none", ["OTEL_SERVICE_NAME"] = "mine" });
        Assert.Empty(receiver.Metrics);
        Assert.Equal("mine", receiver.Spans[0].Resource["service.name"]);
    }

    [Fact]
    public async Task Train_WithoutAnEndpoint_ExportsNothing()
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc: false);
        Run(new(receiver.Variables) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "" });
        Run(new(receiver.Variables) { ["OTEL_SDK_DISABLED"] = "true" });
        Assert.Empty(receiver.Spans);
        Assert.Empty(receiver.Metrics);
    }

    [Theory]
    [InlineData(true, 16, "grpc-status 16")]
    [InlineData(false, 403, "403")]
    public async Task Train_WhoseEndpointRefuses_SaysSoOnceAndIsTheSameRun(bool isGrpc, int refusal, string why)
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc, refusal);
        AssertToldOnce(receiver.Variables, why);
    }

    [Fact]
    public void Train_WhoseEndpointIsAway_SaysSoOnceAndIsTheSameRun()
    {
        // Bound and not listening: a connection is refused, and nobody else gets the port.
        using var port = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        port.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        AssertToldOnce(
            new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{port.LocalEndPoint}", ["OTEL_METRIC_EXPORT_INTERVAL"] = "100", ["OTEL_BSP_SCHEDULE_DELAY"] = "100" },
            $"http://{port.LocalEndPoint} takes no spans and metrics");
    }

    private void AssertToldOnce(Dictionary<string, string> variables, string why)
    {
        var line = Assert.Single(Run(variables).Split('\n'), line => line.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.Contains(why, line, StringComparison.Ordinal);
        Assert.Contains("the run goes on", line, StringComparison.Ordinal);
        _tiny.Trained("alone", Steps);
        Assert.Equal(_tiny.Ledger("alone"), _tiny.Ledger("out"));
        Assert.Equal(_tiny.Weights("alone"), _tiny.Weights("out"));
    }

    private string Run(Dictionary<string, string> variables)
    {
        if (Directory.Exists(_tiny["out"])) Directory.Delete(_tiny["out"], recursive: true);
        using var process = new DistzoProcess(variables, _tiny.Train("out", Steps));
        return process.Done();
    }
}
