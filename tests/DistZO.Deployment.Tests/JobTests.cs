namespace DistZO.Deployment.Tests;

/// <summary>The pods of the rendered Jobs, run as containers of this machine.</summary>
[Trait("Category", "Kubernetes")]
public sealed class JobTests : IDisposable
{
    private readonly string _image = Docker.RequireImage("test-kubernetes");
    private readonly string _network = $"distzo-pods-{Guid.NewGuid():N}"[..20];
    private readonly Inputs _inputs = new();
    private readonly List<string> _pods = [];

    public void Dispose()
    {
        foreach (var pod in _pods) Command.Try(["docker", "rm", "--force", "--volumes", pod]);
        Command.Try(["docker", "volume", "rm", "--force", Ledger]);
        Command.Try(["docker", "network", "rm", _network]);
        _inputs.Dispose();
    }

    private string Ledger => $"{_network}-ledger";

    [SkippableFact]
    public void IndexedJob_WithAPodKilledAndReplaced_EndsWithTheBitsOfOneProcess()
    {
        var rendered = Manifests.Render("cpu");
        var (coordinatorJob, workerJob) = (Manifests.Find(rendered, "Job", "distzo-coordinator"), Manifests.Find(rendered, "Job", "distzo-worker"));
        var service = Manifests.Find(rendered, "Service", "distzo-coordinator");
        Assert.Equal("None", Manifests.Text(service, "spec", "clusterIP"));
        Assert.Equal("Indexed", Manifests.Text(workerJob, "spec", "completionMode"));
        Command.Run("docker", "network", "create", _network);
        var runner = new PodRunner(_image, _network, _inputs, Ledger);
        string Start(YamlDotNet.RepresentationModel.YamlMappingNode job, int? index, int attempt, string? alias = null)
        {
            _pods.Add(runner.Start(job, index, attempt, alias));
            return _pods[^1];
        }

        var workers = Enumerable.Range(0, 3).Select(index => Start(workerJob, index, 0)).ToArray();
        // Workers come first: they wait, in one line each.
        var coordinator = Start(coordinatorJob, null, 0, "distzo-coordinator");
        Docker.WaitForStep(coordinator, 40);
        Assert.Equal("ok", Command.Run("docker", "exec", coordinator, "/usr/bin/distzo", "health", "--ready"));
        Assert.StartsWith("ok", Command.Run("docker", "exec", workers[2], "/usr/bin/distzo", "health"), StringComparison.Ordinal);
        Docker.KillMainProcess(workers[1]);
        Assert.Equal(137, Docker.WaitForExit(workers[1]));
        Docker.WaitForStep(coordinator, 80);
        workers[1] = Start(workerJob, 1, 1);
        Docker.WaitForStep(coordinator, 120);
        // A coordinator that is evicted gets SIGTERM, and another pod the same ledger.
        Command.Run("docker", "stop", "--time", "30", coordinator);
        Assert.Equal("1", Docker.Inspect(coordinator, "{{.State.ExitCode}}"));
        coordinator = Start(coordinatorJob, null, 1, "distzo-coordinator");
        foreach (var worker in workers) Assert.Equal(0, Docker.WaitForExit(worker));
        Assert.Contains("distzo-worker-1/1", Docker.Logs(coordinator), StringComparison.Ordinal);
        // It lingers for pods that are replaced late: such a one ends well, too.
        Assert.Equal(0, Docker.WaitForExit(Start(workerJob, 0, 1)));
        Command.Run("docker", "stop", "--time", "30", coordinator);
        Assert.Equal("0", Docker.Inspect(coordinator, "{{.State.ExitCode}}"));

        Command.Run(
            "docker", "run", "--rm", "--network", "none", "--volume", $"{Ledger}:/ledger", "--volume", $"{_inputs.Root}:/inputs:ro", "--volume", $"{_inputs.Output("output")}:/output",
            _image, "export", "/ledger", "--model", "/inputs/model", "--output", "/output");
        Assert.Equal(_inputs.DigestAlone(_image), Inputs.Digest(_image, _inputs.Output("output")));
    }
}
