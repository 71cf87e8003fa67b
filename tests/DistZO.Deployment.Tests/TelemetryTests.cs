namespace DistZO.Deployment.Tests;

/// <summary>The component that lets an overlay export spans and metrics.</summary>
[Trait("Category", "Kubernetes")]
public sealed class TelemetryTests
{
    [SkippableTheory]
    [InlineData("cpu", 2)]
    [InlineData("jobset-cpu", 2)]
    public void Overlay_WithTheComponent_ExportsAndMayReachTheCollector(string overlay, int containers)
    {
        var rendered = Manifests.RenderWith(overlay, "telemetry");
        Assert.Equal(containers, rendered.Split("name: OTEL_EXPORTER_OTLP_ENDPOINT").Length - 1);
        var egress = Manifests.Items(Manifests.Find(rendered, "NetworkPolicy", "distzo-telemetry"), "spec", "egress").First();
        Assert.Equal("observability", Manifests.Text(Manifests.Items(egress, "to").Single(), "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"));
        Assert.Contains("4317", Manifests.Items(egress, "ports").Select(port => Manifests.Text(port, "port")));
        Assert.Contains("http://otel-collector.observability:4317", rendered, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Overlay_WithoutTheComponent_ExportsNothing() => Assert.DoesNotContain("OTEL_", Manifests.Render("cpu"), StringComparison.Ordinal);
}
