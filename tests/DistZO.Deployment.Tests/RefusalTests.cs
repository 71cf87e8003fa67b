namespace DistZO.Deployment.Tests;

/// <summary>What cannot work in a container is named in one line, with the exit code that the documentation has.</summary>
[Trait("Category", "Compose")]
public sealed class RefusalTests : IDisposable
{
    private readonly string _image = Docker.RequireImage("test-compose");
    private readonly string _network = $"distzo-bad-{Guid.NewGuid():N}"[..20];
    private readonly Inputs _inputs = new();

    public RefusalTests() => Command.Run("docker", "network", "create", _network);

    public void Dispose()
    {
        Command.Try(["docker", "rm", "--force", _network]);
        Command.Try(["docker", "network", "rm", _network]);
        _inputs.Dispose();
    }

    [SkippableFact]
    public void Worker_WithoutItsModelMounted_SaysSo()
    {
        var ran = Run(["--env", "DISTZO_COORDINATOR=nobody"], "worker", "--model", "/model", "--data", "/inputs/data/train.jsonl");
        Refused(ran, 2, "--model: there is no model directory '/model' on this machine");
    }

    [SkippableFact]
    public void Worker_WithoutACoordinator_WaitsQuietlyAndFails()
    {
        var ran = Run(["--env", "DISTZO_COORDINATOR=nobody"], ["worker", "--patience", "8", .. Worker]);
        Assert.Equal(1, ran.ExitCode);
        Assert.Equal(2, ran.Complaints.Length);
        Assert.Contains("no connection to the coordinator at http://nobody:29400", ran.Complaints[0], StringComparison.Ordinal);
        Assert.Contains("cannot be reached", ran.Complaints[1], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Worker_WithAWrongToken_IsRefused()
    {
        StartCoordinator();
        Refused(Run(["--env", "DISTZO_COORDINATOR=coordinator", "--env", "DISTZO_TOKEN=wrong"], ["worker", .. Worker]), 2, "this one is missing or wrong");
    }

    [SkippableFact]
    public void Coordinator_WhosePortIsTaken_SaysSo()
    {
        StartCoordinator();
        var second = Command.Try(["docker", "exec", "--env", "DISTZO_TOKEN=right", _network, "/usr/bin/distzo", "coordinator", "--config", "/recipe.yaml", "--ledger", "/tmp/other"])!;
        Refused(second, 2, "cannot listen on 127.0.0.1:29400");
        Assert.Contains("address already in use", second.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Coordinator_WithAFullLedgerVolume_FailsAndKeepsWhatIsCommitted()
    {
        StartCoordinator("--tmpfs", "/ledger:uid=1654,gid=1654,size=16k");
        var worker = Task.Run(() => Run(["--env", "DISTZO_COORDINATOR=coordinator", "--env", "DISTZO_TOKEN=right"], ["worker", "--patience", "5", .. Worker]));
        Assert.Equal(1, Docker.WaitForExit(_network));
        Assert.Contains("No space left on device", Docker.Logs(_network).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.Equal(1, worker.GetAwaiter().GetResult().ExitCode);
    }

    [SkippableFact]
    public void Coordinator_ForOtherMachinesWithoutAToken_IsRefused()
    {
        Refused(Run(["--volume", $"{_inputs.Recipe}:/recipe.yaml:ro"], "coordinator", "--config", "/recipe.yaml", "--ledger", "/tmp/run", "--listen", "0.0.0.0:29400"), 2, "there is no token");
    }

    [SkippableFact]
    public void OpenCoordinator_AskedUnderAnyName_Answers()
    {
        Command.Run(
            "docker", "run", "--detach", "--name", _network, "--network", _network, "--network-alias", "coordinator", "--volume", $"{_inputs.Recipe}:/recipe.yaml:ro",
            _image, "coordinator", "--config", "/recipe.yaml", "--ledger", "/tmp/run", "--listen", "0.0.0.0", "--http", "0.0.0.0:8080", "--insecure");
        Docker.WaitUntil(() => Run([], "status", "http://coordinator:8080").ExitCode == 0, "an answer under the container's name");
    }

    private static string[] Worker => ["--model", "/inputs/model", "--data", "/inputs/data/train.jsonl", "--eval-data", "/inputs/data/dev.jsonl"];

    private static void Refused(Command ran, int code, string because)
    {
        Assert.Equal(code, ran.ExitCode);
        Assert.Contains(because, Assert.Single(ran.Complaints), StringComparison.Ordinal);
    }

    private void StartCoordinator(params string[] more)
    {
        Command.Run([
            "docker", "run", "--detach", "--name", _network, "--network", _network, "--network-alias", "coordinator", "--env", "DISTZO_TOKEN=right", "--tmpfs", "/tmp:mode=1777",
            "--volume", $"{_inputs.Recipe}:/recipe.yaml:ro", .. more, _image, "coordinator", "--config", "/recipe.yaml", "--ledger", "/ledger", "--listen", "0.0.0.0", "--http", "127.0.0.1:8080"]);
        Docker.WaitUntil(() => Docker.Logs(_network).Contains("waiting for workers", StringComparison.Ordinal), "the coordinator");
    }

    private Command Run(string[] options, params string[] words) => Command.Try([
        "docker", "run", "--rm", "--network", _network, "--read-only", "--tmpfs", "/tmp:mode=1777", "--volume", $"{_inputs.Root}:/inputs:ro", .. options, _image, .. words])!;
}
