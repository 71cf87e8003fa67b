namespace DistZO.Deployment.Tests;

/// <summary>The demo's model and data, a short recipe and a token, in folders that the user of a container may read.</summary>
internal sealed class Inputs : IDisposable
{
    public const int Steps = 240;

    private readonly TemporaryFolder _folder = new();

    public Inputs()
    {
        // The folder is the test's alone otherwise, and containers have a user of their own.
        Open(_folder.Root);
        var demo = Path.Combine(Fixtures.Repository, "examples", "support-tickets");
        Directory.CreateDirectory(_folder["inputs/data"]);
        Directory.CreateDirectory(_folder["inputs/model"]);
        foreach (var file in Directory.GetFiles(Path.Combine(demo, "model"))) File.Copy(file, Path.Combine(Model, Path.GetFileName(file)));
        foreach (var name in (string[])["train.jsonl", "dev.jsonl"]) File.Copy(Path.Combine(demo, name), Path.Combine(Data, name));
        File.WriteAllText(
            Recipe,
            File.ReadAllText(Path.Combine(demo, "recipe.yaml"))
                .Replace("max_steps: 600", $"max_steps: {Steps}", StringComparison.Ordinal)
                .Replace("eval_steps: 150", "eval_steps: 100", StringComparison.Ordinal));
        Directory.CreateDirectory(_folder["secret"]);
        File.WriteAllText(Token, Guid.NewGuid().ToString("N"));
    }

    public string Root => _folder["inputs"];

    public string Model => _folder["inputs/model"];

    public string Data => _folder["inputs/data"];

    public string Recipe => _folder["recipe.yaml"];

    public string Token => _folder["secret/token"];

    /// <summary>The digest of the weights that one process alone comes to.</summary>
    public string DigestAlone(string image)
    {
        Command.Run(
            "docker", "run", "--rm", "--network", "none", "--volume", $"{Root}:/inputs:ro", "--volume", $"{Recipe}:/recipe.yaml:ro", "--volume", $"{Output("alone")}:/output",
            image, "train", "--config", "/recipe.yaml", "--model", "/inputs/model", "--data", "/inputs/data/train.jsonl", "--output", "/output");
        return Digest(image, Output("alone"));
    }

    /// <summary>The digest of the weights in a folder.</summary>
    public static string Digest(string image, string folder)
    {
        const string Label = "weights digest ";
        var said = Command.Run("docker", "run", "--rm", "--network", "none", "--volume", $"{folder}:/output:ro", image, "inspect", "/output");
        var at = said.IndexOf(Label, StringComparison.Ordinal);
        Assert.True(at >= 0, said);
        return said.Substring(at + Label.Length, 32);
    }

    /// <summary>A folder that containers may write to.</summary>
    public string Output(string name)
    {
        Directory.CreateDirectory(_folder[name]);
        Open(_folder[name]);
        return _folder[name];
    }

    // What containers wrote belongs to another user; root may delete it, and others cannot.
    public void Dispose() => _folder.Dispose();

    private static void Open(string folder) => File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
}
