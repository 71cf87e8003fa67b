using DistZO.Cli.Tests.Commands;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>Workers that cannot take part say why in one line, and exit with 2; the coordinator goes on.</summary>
[Collection("processes")]
public sealed class RefusalTests : IDisposable
{
    private readonly TinyCluster _cluster = new();

    private TinyRun Tiny => _cluster.Tiny;

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Worker_WithAWrongToken_IsRefused()
    {
        File.WriteAllText(Tiny["token"], "a long random word\n");
        File.WriteAllText(Tiny["wrong"], "another word\n");
        _cluster.StartCoordinator("ledger", 3, "--token-file", Tiny["token"]);
        Assert.Contains("the coordinator wants a token", _cluster.Worker().Problem(ExitCodes.BadInput));
        Assert.Contains("the coordinator wants a token", _cluster.Worker("--token-file", Tiny["wrong"]).Problem(ExitCodes.BadInput));
        Assert.Contains("cannot read", _cluster.Worker("--token-file", Tiny["none"]).Problem(ExitCodes.BadInput));
        _cluster.Worker("--token-file", Tiny["token"]).Done();
        _cluster.Coordinator.Done();
    }

    [Fact]
    public void Worker_OfARecipeThatRunsAProgram_DoesSoOnlyIfAllowed()
    {
        // The program would leave a file behind, wherever it ran.
        var objective = $"{{command: [sh, -c, 'touch {Tiny["ran"]}; while read -r line; do echo 0.5; done']}}";
        _cluster.StartCoordinator("ledger", 2, "--objective", objective, "--max-new-tokens", "3");
        Assert.Contains("objective: it would run the program 'sh -c", _cluster.Worker().Problem(ExitCodes.BadInput));
        Assert.False(File.Exists(Tiny["ran"]));
        _cluster.Worker("--allow-command").Done();
        _cluster.Coordinator.Done();
        Assert.True(File.Exists(Tiny["ran"]));
    }

    [Fact]
    public void Worker_WithAnotherModelOrOtherData_IsRefusedByName()
    {
        using var other = new TinyRun(modelSeed: 2);
        TinyModel.WriteRows(Tiny["fewer.jsonl"], 22);
        _cluster.StartCoordinator("ledger", 100_000);
        _cluster.StartWorker();
        _cluster.Coordinator.WaitFor("step 1/");
        Assert.Contains("the base model's weights differ", _cluster.Worker("--model", other.Model).Problem(ExitCodes.BadInput));
        var problem = _cluster.Worker("--data", Tiny["fewer.jsonl"]).Problem(ExitCodes.BadInput);
        Assert.Contains("the data has 22 rows (the run has 23)", problem);
        Assert.False(_cluster.Coordinator.HasExited);
    }

    [Fact]
    public void Worker_OfAPinnedIdentity_MustBeOfIt()
    {
        File.WriteAllText(Tiny["recipe.yaml"], Distzo.Run([.. Tiny.Train("none", 3), "--print-recipe"]).Done());
        var identity = Distzo.Run("inspect", "--identity", "--config", Tiny["recipe.yaml"], "--model", Tiny.Model, "--data", Tiny.Data).Done();
        File.WriteAllText(Tiny["identity.json"], identity);
        TinyModel.WriteRows(Tiny["fewer.jsonl"], 22);
        _cluster.StartCoordinator("ledger", 3, "--identity", Tiny["identity.json"]);
        var problem = _cluster.Worker("--data", Tiny["fewer.jsonl"]).Problem(ExitCodes.BadInput);
        Assert.Contains("the data has 22 rows (the run has 23)", problem);
        Assert.False(File.Exists(Tiny.LedgerPath("ledger")));
        _cluster.Worker().Done();
        _cluster.Coordinator.Done();
        Assert.Equal(identity, Distzo.Run("inspect", "--identity", Tiny["ledger"]).Done());
    }

    [Theory]
    [InlineData("--model")]
    [InlineData("--data")]
    [InlineData("--eval-data")]
    public void Worker_WithAPathThatIsNotThere_SaysSoBeforeItConnects(string flag) =>
        Assert.Contains($"{flag}: there is no ", _cluster.Worker(flag, Tiny["none"], "--coordinator", "127.0.0.1:1").Problem(ExitCodes.BadInput));

    [Fact]
    public void Worker_WithoutACoordinator_GivesUpAfterItsPatience()
    {
        var outcome = _cluster.Worker("--coordinator", "127.0.0.1:1", "--patience", "0");
        Assert.Contains("cannot be reached (Connection refused", outcome.Problem(ExitCodes.Failed));
    }

    [Fact]
    public void Coordinator_OpenToOthersWithoutAToken_IsRefused()
    {
        foreach (var (flag, other) in new[] { ("--listen", "--http"), ("--http", "--listen") })
        {
            var outcome = Distzo.Run([.. _cluster.CoordinatorArguments("ledger", 3, flag, "0.0.0.0:0", other, "127.0.0.1:0")]);
            Assert.Contains("--insecure", outcome.Problem(ExitCodes.BadInput));
        }
    }

    [Fact]
    public void Coordinator_OfALedgerThatIsAFile_IsRefused()
    {
        File.WriteAllText(Tiny["file"], "");
        Assert.Contains("is a file", Distzo.Run([.. _cluster.CoordinatorArguments("file", 3)]).Problem(ExitCodes.BadInput));
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("inspect", "--repair")]
    [InlineData("inspect", "somewhere", "--identity", "--model", "m")]
    public void Inspect_WithTooFewOrTooManyPlaces_SaysSo(params string[] args) => Distzo.Run(args).Problem(ExitCodes.BadInput);
}
