using System.Diagnostics;
using Xunit.Abstractions;

namespace DistZO.Deployment.Tests;

/// <summary>A run by docker/compose.yaml, undisturbed and disturbed.</summary>
[Trait("Category", "Compose")]
public sealed class ComposeTests(ITestOutputHelper log) : IDisposable
{
    private const int Workers = 3;

    private readonly string _image = Docker.RequireImage("test-compose");
    private readonly string _project = $"distzo-test-{Guid.NewGuid():N}"[..20];
    private readonly Inputs _inputs = new();

    public void Dispose()
    {
        Compose("down", "--volumes", "--timeout", "0");
        _inputs.Dispose();
    }

    [SkippableFact]
    public void Run_KilledTenTimes_EndsWithTheBitsOfOneProcess()
    {
        var began = Stopwatch.StartNew();
        Up();
        Docker.WaitForStep(Coordinator, 1);
        log.WriteLine($"first step after {began.Elapsed.TotalSeconds:0.0} s");
        var random = new Random(1);
        for (var kill = 1; kill <= 10; kill++)
        {
            Docker.WaitForStep(Coordinator, kill * Inputs.Steps / 14);
            var victim = random.Next(Workers + 1);
            var container = victim == 0 ? Coordinator : Worker(victim);
            log.WriteLine($"kill {kill}: {container}");
            if (kill % 5 != 0)
            {
                Docker.KillMainProcess(container);
                continue;
            }

            // Docker takes this as the wish of its user, and leaves it; `up` brings it back.
            Command.Try(["docker", "kill", container]);
            Up();
        }

        Ends();
    }

    [SkippableFact]
    public void Worker_StoppedInMidRun_LeavesWithinItsGraceAndMayComeBack()
    {
        Up();
        Docker.WaitForStep(Coordinator, 10);
        var stopping = Stopwatch.StartNew();
        Command.Run("docker", "stop", "--time", "30", Worker(1));
        Assert.Equal("1", Docker.Inspect(Worker(1), "{{.State.ExitCode}}"));
        Assert.Contains("stopped; start it again to go on", Docker.Logs(Worker(1)), StringComparison.Ordinal);
        log.WriteLine($"a worker stops within {stopping.Elapsed.TotalSeconds:0.0} s");
        stopping.Restart();
        Command.Run("docker", "stop", "--time", "20", Coordinator);
        Assert.Equal("1", Docker.Inspect(Coordinator, "{{.State.ExitCode}}"));
        log.WriteLine($"the coordinator stops within {stopping.Elapsed.TotalSeconds:0.0} s");
        Up();
        Ends();
    }

    private string Coordinator => Container("coordinator", 1);

    private void Up() => Must("up", "--detach", "--scale", $"worker={Workers}");

    /// <summary>The run comes to its end, everybody exits with 0, and the weights are right.</summary>
    private void Ends()
    {
        Assert.Equal(0, Docker.WaitForExit(Coordinator));
        for (var number = 1; number <= Workers; number++) Assert.Equal(0, Docker.WaitForExit(Worker(number)));
        Must("run", "--rm", "export");
        Assert.Equal(_inputs.DigestAlone(_image), Inputs.Digest(_image, _inputs.Output("output")));
    }

    private string Worker(int number) => Container("worker", number);

    /// <summary>Compose v2 puts dashes between the words of a name, 1.29 underscores.</summary>
    private string Container(string service, int number)
    {
        var names = Command.Run("docker", "ps", "--all", "--format", "{{.Names}}", "--filter", $"label=com.docker.compose.project={_project}").Split('\n');
        return names.Single(name => name.Replace('_', '-') == $"{_project}-{service}-{number}");
    }

    private string Must(params string[] words)
    {
        var ran = Compose(words);
        Assert.True(ran.ExitCode == 0, ran.Said);
        return ran.Said;
    }

    private Command Compose(params string[] words)
    {
        string[] program = Command.Try(["docker", "compose", "version"]) is { ExitCode: 0 } ? ["docker", "compose"] : ["docker-compose"];
        var environment = new Dictionary<string, string>
        {
            ["DISTZO_IMAGE"] = _image,
            ["DISTZO_MODEL"] = _inputs.Model,
            ["DISTZO_DATA"] = _inputs.Data,
            ["DISTZO_RECIPE"] = _inputs.Recipe,
            ["DISTZO_TOKEN_FILE"] = _inputs.Token,
            ["DISTZO_OUTPUT"] = _inputs.Output("output"),
            ["DISTZO_LINGER"] = "45",
            ["DISTZO_HTTP"] = "127.0.0.1:",
        };
        var ran = Command.Try([.. program, "--project-name", _project, "--file", Path.Combine(Fixtures.Repository, "docker", "compose.yaml"), .. words], environment: environment);
        Skip.If(ran is null, "there is no docker-compose, and no `docker compose`");
        return ran;
    }
}
