namespace DistZO.Deployment.Tests;

/// <summary>What kustomize renders is what Kubernetes takes, by its published schemas.</summary>
[Trait("Category", "Kubernetes")]
public sealed class SchemaTests
{
    private static readonly string Schemas = Path.Combine(Inputs.Repository, "tests", "DistZO.Deployment.Tests", "Schemas");

    [SkippableTheory]
    [InlineData("cpu")]
    [InlineData("gpu")]
    [InlineData("jobset-cpu")]
    [InlineData("jobset-gpu")]
    public void Overlay_Rendered_FitsTheSchemas(string overlay)
    {
        var checkedBy = Check(Manifests.Render(overlay));
        Assert.True(checkedBy.ExitCode == 0, checkedBy.Said);
    }

    [SkippableTheory]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true", "readOnlyRootFileSystem")]
    [InlineData("parallelism: 4", "parallelism: four", "parallelism")]
    [InlineData("succeededCount: 1", "succeededCounts: 1", "succeededCounts")]
    public void Overlay_WithAMistake_IsRefused(string right, string wrong, string named)
    {
        var rendered = Manifests.Render("cpu");
        Assert.Contains(right, rendered, StringComparison.Ordinal);
        var checkedBy = Check(rendered.Replace(right, wrong, StringComparison.Ordinal));
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

    private static Command Check(string rendered)
    {
        Skip.IfNot(Directory.Exists(Path.Combine(Schemas, "node_modules", "kubernetes-models")), "`make interop-tools` installs the schemas of Kubernetes; it needs node, npm and a network");
        var ran = Command.Try(["node", Path.Combine(Schemas, "validate.mjs")], rendered);
        Skip.If(ran is null, "there is no node on this machine");
        return ran;
    }
}
