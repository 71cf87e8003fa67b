namespace DistZO.Deployment.Tests;

/// <summary>docker/compose.yaml before those who read it; no daemon is needed.</summary>
[Trait("Category", "Compose")]
public sealed class ComposeFileTests
{
    private static readonly string Compose = Path.Combine(Fixtures.Repository, "docker", "compose.yaml");

    /// <summary>What there is in each profile beside coordinator and workers.</summary>
    private static readonly (string Profile, string[] Services)[] Profiles =
        [("gpu", ["gpu-worker"]), ("observability", ["prometheus", "grafana", "otel-collector"]), ("export", ["export"])];

    [SkippableTheory]
    [InlineData("docker-compose")]
    [InlineData("docker", "compose")]
    public void File_WithAnyProfile_IsTakenByCompose(params string[] program)
    {
        Skip.IfNot(Command.Try([.. program, "version"]) is { ExitCode: 0 }, $"there is no `{string.Join(' ', program)}` on this machine");
        foreach (var (profile, services) in Profiles)
        {
            var taken = Command.Run([.. program, "--file", Compose, "--profile", profile, "config"]);
            foreach (var service in services.Concat(["coordinator", "worker"])) Assert.Contains($"\n  {service}:\n", taken, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void File_BeforeTheSpecification_IsFaultless()
    {
        var checkedBy = Schema.OfCompose(File.ReadAllText(Compose));
        Assert.True(checkedBy.ExitCode == 0, checkedBy.Said);
        Assert.StartsWith($"{Profiles.Sum(profile => profile.Services.Length) + 2} services", checkedBy.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("read_only: true", "readonly: true", "readonly")]
    [InlineData("capabilities: [gpu]", "capability: [gpu]", "capability")]
    [InlineData("stop_grace_period: 20s", "stop_grace_period: [20s]", "stop_grace_period")]
    [InlineData("profiles: [observability]", "profiles: observability", "profiles")]
    public void File_WithAMistake_IsRefused(string right, string wrong, string named)
    {
        var file = File.ReadAllText(Compose);
        Assert.Contains(right, file, StringComparison.Ordinal);
        var checkedBy = Schema.OfCompose(file.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Equal(1, checkedBy.ExitCode);
        Assert.Contains(named, checkedBy.Error, StringComparison.Ordinal);
    }
}
