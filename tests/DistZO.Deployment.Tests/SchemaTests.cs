using System.Globalization;

namespace DistZO.Deployment.Tests;

/// <summary>What kustomize renders is what Kubernetes takes, by its published schemas.</summary>
[Trait("Category", "Kubernetes")]
public sealed class SchemaTests
{
    public static TheoryData<string> Overlays => [.. Manifests.Overlays];

    [SkippableTheory]
    [MemberData(nameof(Overlays))]
    public void Overlay_Rendered_FitsTheSchemas(string overlay)
    {
        var checkedBy = Schema.OfKubernetes(Manifests.Render(overlay));
        Assert.True(checkedBy.ExitCode == 0, checkedBy.Said);
    }

    [SkippableTheory]
    [MemberData(nameof(Overlays))]
    public void Overlay_WithTelemetry_FitsTheSchemas(string overlay)
    {
        var (with, without) = (Schema.OfKubernetes(Manifests.RenderWith(overlay, "telemetry")), Schema.OfKubernetes(Manifests.Render(overlay)));
        Assert.True(with.ExitCode == 0, with.Said);
        // Its two policies are among what was looked at.
        Assert.Equal(Documents(without) + 2, Documents(with));
    }

    [SkippableTheory]
    [InlineData("name: OTEL_EXPORTER_OTLP_ENDPOINT", "named: OTEL_EXPORTER_OTLP_ENDPOINT", "named")]
    [InlineData("port: 4318", "portt: 4318", "portt")]
    public void Telemetry_WithAMistake_IsRefused(string right, string wrong, string named)
    {
        var rendered = Manifests.RenderWith("jobset-cpu", "telemetry");
        Assert.Contains(right, rendered, StringComparison.Ordinal);
        var checkedBy = Schema.OfKubernetes(rendered.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Equal(1, checkedBy.ExitCode);
        Assert.Contains(named, checkedBy.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true", "readOnlyRootFileSystem")]
    [InlineData("parallelism: 4", "parallelism: four", "parallelism")]
    [InlineData("succeededCount: 1", "succeededCounts: 1", "succeededCounts")]
    public void Overlay_WithAMistake_IsRefused(string right, string wrong, string named)
    {
        var rendered = Manifests.Render("cpu");
        Assert.Contains(right, rendered, StringComparison.Ordinal);
        var checkedBy = Schema.OfKubernetes(rendered.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Equal(1, checkedBy.ExitCode);
        Assert.Contains(named, checkedBy.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("gpu", "Job", "distzo-worker", "spec", "template", "spec")]
    public void GpuOverlay_Workers_AskForAGpuAndItsImage(string overlay, string kind, string name, params string[] path)
    {
        var pod = Manifests.At(Manifests.Find(Manifests.Render(overlay), kind, name), path)!;
        var container = Manifests.Items(pod, "containers").Single();
        Assert.Equal("1", Manifests.Text(container, "resources", "limits", "nvidia.com/gpu"));
        Assert.Contains("distzo-cuda:", Manifests.Text(container, "image"), StringComparison.Ordinal);
    }

    private static int Documents(Command checkedBy) => int.Parse(checkedBy.Output.Split(' ')[0], CultureInfo.InvariantCulture);
}
