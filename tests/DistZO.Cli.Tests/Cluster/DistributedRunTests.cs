using DistZO.Cli.Tests.Commands;

namespace DistZO.Cli.Tests.Cluster;

/// <summary><c>distzo coordinator</c> and <c>distzo worker</c> as real processes.</summary>
[Collection("processes")]
public sealed class DistributedRunTests : IDisposable
{
    private const int Steps = 60;

    private readonly TinyCluster _cluster = new();

    private TinyRun Tiny => _cluster.Tiny;

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Run_OverTwoWorkers_IsThatOfTrainAlone()
    {
        var coordinator = _cluster.StartCoordinator("ledger", Steps, "--min-workers", "2", "--num-directions", "2");
        var writer = _cluster.StartWorker("out");
        var other = _cluster.StartWorker(null, "--cache", Tiny["cache"]);
        Assert.Contains($"done after step {Steps}", coordinator.Done());
        Assert.Contains($"output in {Tiny["out"]}", writer.Done());
        other.Done();
        _cluster.AssertSameAsAlone("ledger", "out", Steps, "--num-directions", "2");
        foreach (var file in new[] { "config.json", "tokenizer.json" }) Assert.True(File.Exists(Path.Combine(Tiny["out"], file)), file);
        Assert.Equal(Tiny.Metrics("alone"), Tiny.Metrics("ledger"));
        // Without a worker that writes, the ledger alone makes the model.
        Distzo.Run("export", Tiny["ledger"], "--model", Tiny.Model, "--output", Tiny["exported"]).Done();
        Assert.Equal(Tiny.Weights("alone"), Tiny.Weights("exported"));
    }

    [Fact]
    public void Coordinator_KilledWithWorkersAlive_GoesOnFromItsLedger()
    {
        // So many steps that the run is not over when the signal arrives, some time behind the line that is waited for.
        const int steps = 800;
        _cluster.StartCoordinator("ledger", steps, "--linger", "600", "--min-workers", "2");
        var workers = new[] { _cluster.StartWorker("out"), _cluster.StartWorker() };
        foreach (var step in new[] { 10, 25 })
        {
            _cluster.Coordinator.WaitForStep(step);
            _cluster.Coordinator.Kill();
            _cluster.StartCoordinator("ledger", steps, "--linger", "600");
        }

        // One of them may come back only after the other has done the rest.
        foreach (var worker in workers) worker.Done();
        _cluster.Coordinator.Signal(DistzoProcess.Terminate);
        _cluster.Coordinator.Done();
        Assert.Contains("no connection to the coordinator", workers[0].Said);
        _cluster.AssertSameAsAlone("ledger", "out", steps);
    }

    [Fact]
    public void Coordinator_Terminated_SaysHowToGoOn()
    {
        _cluster.StartCoordinator("ledger", 100_000);
        var worker = _cluster.StartWorker();
        _cluster.Coordinator.WaitFor("step 3/");
        _cluster.Coordinator.Signal(DistzoProcess.Terminate);
        Assert.Equal(ExitCodes.Failed, _cluster.Coordinator.WaitForExit());
        Assert.Contains("distzo coordinator --ledger", _cluster.Coordinator.Said.Split('\n')[^1]);
        worker.WaitFor("no connection to the coordinator");
        worker.Signal(DistzoProcess.Terminate);
        Assert.Equal(ExitCodes.Failed, worker.WaitForExit());
    }

    [Fact]
    public void Worker_Terminated_SaysGoodbye()
    {
        _cluster.StartCoordinator("ledger", 100_000);
        var worker = _cluster.StartWorker();
        _cluster.Coordinator.WaitFor("step 3/");
        worker.Signal(DistzoProcess.Terminate);
        Assert.Equal(ExitCodes.Failed, worker.WaitForExit());
        Assert.Contains("stopped; start it again to go on", worker.Said);
        _cluster.Coordinator.WaitFor("it was stopped");
    }

    [Fact]
    public void Coordinator_OnAFinishedLedger_LetsLateWorkersWriteTheModel()
    {
        _cluster.StartCoordinator("ledger", 5);
        _cluster.StartWorker().Done();
        _cluster.Coordinator.Done();
        _cluster.StartCoordinator("ledger", 5);
        _cluster.StartWorker("late").Done();
        Assert.Contains("finished already: 5 steps", _cluster.Coordinator.Done());
        _cluster.AssertSameAsAlone("ledger", "late", 5);
    }

    [Fact]
    public void Coordinator_WithLinger_ShowsTheEnd()
    {
        _cluster.StartCoordinator("ledger", 5, "--linger", "600");
        _cluster.StartWorker().Done();
        var status = "";
        DistzoProcess.Until("the status shows the end", () => (status = Distzo.Run("status", _cluster.Http).Done()).Contains("completed"));
        Assert.Contains("step 5 of 5", status);
        _cluster.Coordinator.Signal(DistzoProcess.Terminate);
        _cluster.Coordinator.Done();
    }

    [Fact]
    public void Status_OfARunningRun_ShowsItsWorkers()
    {
        _cluster.StartCoordinator("ledger", 100_000);
        _cluster.StartWorker(null, "--name", "node-a");
        _cluster.Coordinator.WaitFor("step 3/");
        Assert.Contains("node-a", Distzo.Run("status", _cluster.Http).Done());
    }

    [Fact]
    public void Coordinator_WithoutHttp_ServesWorkersOnly()
    {
        _cluster.StartCoordinator("ledger", 5, "--http", "none");
        Assert.DoesNotContain("dashboard", _cluster.Coordinator.Said);
        _cluster.StartWorker().Done();
        _cluster.Coordinator.Done();
    }

    [Fact]
    public void Coordinator_OnAPortInUse_SaysSoInALine()
    {
        _cluster.StartCoordinator("ledger", 5, "--http", "none");
        var second = Distzo.Run([.. _cluster.CoordinatorArguments("other", 5, "--http", "none")]);
        Assert.Contains(_cluster.Address, second.Problem(ExitCodes.BadInput));
    }

    [Fact]
    public void Coordinator_OnALedgerInUse_SaysSoInALine()
    {
        _cluster.StartCoordinator("ledger", 100_000);
        _cluster.StartWorker();
        _cluster.Coordinator.WaitFor("step 1/");
        var second = Distzo.Run([.. _cluster.CoordinatorArguments("ledger", 100_000, "--listen", "127.0.0.1:0")]);
        Assert.Contains("another process writes to", second.Problem(ExitCodes.Failed));
    }
}
