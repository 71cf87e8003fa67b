namespace DistZO.Deployment.Tests;

/// <summary>docs/operations.md as somebody follows it who has a clone and a Docker daemon.</summary>
public sealed class OperatorPageTests
{
    [SkippableFact]
    [Trait("Category", "Kubernetes")]
    public void Kubernetes_ItsCommandWithoutACluster_Renders() =>
        Assert.All(OperatorPage.Commands("operations.md", "Kubernetes"), line => Assert.Equal(Manifests.Render("cpu").Trim(), Shell(line, Fixtures.Repository).Trim()));

    [SkippableFact]
    [Trait("Category", "Compose")]
    public void Images_ItsCommands_MakeThem()
    {
        var image = Docker.RequireImage("test-compose");
        foreach (var line in OperatorPage.Commands("operations.md", "Images")) Assert.Matches($"{image} \\d+ MB.* ✓", Shell(line, Fixtures.Repository));
    }

    [SkippableFact]
    [Trait("Category", "Compose")]
    public void Compose_ItsCommandsInTurn_ComeToTheBitsOfOneProcess()
    {
        var image = Docker.RequireImage("test-compose");
        using var inputs = new Inputs();
        var (clone, project) = (inputs.Output("clone"), $"distzo-page-{Guid.NewGuid():N}"[..20]);
        Directory.CreateDirectory(Path.Combine(clone, "docker"));
        Directory.CreateDirectory(Path.Combine(clone, "bin"));
        File.Copy(Path.Combine(Fixtures.Repository, "docker", "compose.yaml"), Path.Combine(clone, "docker", "compose.yaml"));
        // `docker compose` where there is docker-compose alone.
        var old = Path.Combine(clone, "bin", "docker");
        File.WriteAllText(old, "#!/bin/sh\nPATH=${PATH#*:}\n[ \"$1\" = compose ] || exec docker \"$@\"\ndocker compose version >/dev/null 2>&1 && exec docker \"$@\"\nshift\nexec docker-compose \"$@\"\n");
        File.SetUnixFileMode(old, (UnixFileMode)0b111_101_101);
        (string, string)[] variables =
        [
            ("PATH", $"{Path.GetDirectoryName(old)}:{Environment.GetEnvironmentVariable("PATH")}"), ("COMPOSE_PROJECT_NAME", project), ("DISTZO_IMAGE", image), ("DISTZO_HTTP", "127.0.0.1:"),
            ("DISTZO_MODEL", inputs.Model), ("DISTZO_DATA", inputs.Data), ("DISTZO_RECIPE", inputs.Recipe), ("DISTZO_OUTPUT", inputs.Output("output")), ("DISTZO_LINGER", "2"),
        ];
        try
        {
            foreach (var line in OperatorPage.Commands("operations.md", "Compose")) Shell(line, clone, variables);
            Assert.Equal(inputs.DigestAlone(image), Inputs.Digest(image, inputs.Output("output")));
            Assert.Equal("", Command.Run("docker", "ps", "--all", "--quiet", "--filter", $"label=com.docker.compose.project={project}"));
            Assert.Equal($"{project}_ledger", Command.Run("docker", "volume", "ls", "--quiet", "--filter", $"name={project}_ledger"));
        }
        finally
        {
            Command.Try(["docker", "ps", "--all", "--quiet", "--filter", $"label=com.docker.compose.project={project}"])!.Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList().ForEach(container => Command.Try(["docker", "rm", "--force", "--volumes", container]));
            Command.Try(["docker", "volume", "rm", "--force", $"{project}_ledger", $"{project}_output"]);
        }
    }

    private static string Shell(string line, string folder, params (string Name, string Value)[] variables)
    {
        var ran = Command.Try(["bash", "-c", $"cd '{folder}' && {line}"], environment: variables.ToDictionary(pair => pair.Name, pair => pair.Value))!;
        Skip.If(ran.ExitCode == 127, ran.Error);
        Assert.True(ran.ExitCode == 0, ran.Said);
        return ran.Said;
    }
}
