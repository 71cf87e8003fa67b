using YamlDotNet.RepresentationModel;

namespace DistZO.Deployment.Tests;

/// <summary>The Kubernetes manifests, as kustomize renders them.</summary>
internal static class Manifests
{
    private static readonly string Folder = Path.Combine(Fixtures.Repository, "deploy", "kubernetes");

    /// <summary>The names of all overlays.</summary>
    public static IEnumerable<string> Overlays => Directory.GetDirectories(Path.Combine(Folder, "overlays")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    /// <summary>The documents of an overlay, as YAML. Skips the test without kubectl.</summary>
    public static string Render(string overlay) => RenderFolder(Path.Combine(Folder, "overlays", overlay));

    /// <summary>The same with a component.</summary>
    public static string RenderWith(string overlay, string component)
    {
        using var folder = new TemporaryFolder();
        // Kustomize takes folders by relative paths alone.
        string Relative(params string[] path) => Path.GetRelativePath(folder["."], Path.Combine([Folder, .. path]));
        File.WriteAllText(folder["kustomization.yaml"], $"resources: [{Relative("overlays", overlay)}]\ncomponents: [{Relative(component)}]\n");
        return RenderFolder(folder["."]);
    }

    private static string RenderFolder(string folder)
    {
        var rendered = Command.Try(["kubectl", "kustomize", folder]);
        Skip.If(rendered is null, "there is no kubectl on this machine");
        Assert.True(rendered.ExitCode == 0, rendered.Said);
        return rendered.Output;
    }

    /// <summary>A document by its kind and name.</summary>
    public static YamlMappingNode Find(string rendered, string kind, string name)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(rendered));
        return stream.Documents.Select(document => (YamlMappingNode)document.RootNode).Single(root => Text(root, "kind") == kind && Text(root, "metadata", "name") == name);
    }

    /// <summary>What stands at a path; null if nothing does.</summary>
    public static YamlNode? At(YamlNode node, params string[] path)
    {
        foreach (var key in path)
        {
            if (node is not YamlMappingNode map || !map.Children.TryGetValue(key, out var child)) return null;
            node = child;
        }

        return node;
    }

    public static string? Text(YamlNode node, params string[] path) => (At(node, path) as YamlScalarNode)?.Value;

    /// <summary>The items of a list at a path; none if there is no list.</summary>
    public static IEnumerable<YamlNode> Items(YamlNode node, params string[] path) => (At(node, path) as YamlSequenceNode)?.Children ?? [];
}
