using DistZO.Cli.Cluster;
using DistZO.Cli.Tests.Commands;
using DistZO.Optimization;

namespace DistZO.Cli.Tests.Cluster;

/// <summary><c>distzo train --workers</c>: a process with children of its own.</summary>
[Collection("processes")]
public sealed class LocalWorkersTests : IDisposable
{
    private const int Steps = 40;
    private const int Endless = 1_000_000;

    private readonly TinyCluster _cluster = new();

    private TinyRun Tiny => _cluster.Tiny;

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Train_WithWorkers_IsThatOfOneProcess()
    {
        _cluster.Start(Tiny.Train("many", Steps, "--workers", "2", "--num-directions", "2")).Done();
        _cluster.AssertSameAsAlone("many", "many", Steps, "--num-directions", "2");
        Assert.Equal(Files("alone"), Files("many"));
    }

    [Theory]
    [InlineData("bfloat16", "--offload", "disk")]
    [InlineData("fp8", "--offload", "host", "--slots", "2")]
    public void Train_WithWorkersThatRound_IsThatOfOneProcess(string transfer, params string[] placement)
    {
        string[] more = ["--transfer-dtype", transfer, "--num-directions", "2"];
        _cluster.Start(Tiny.Train("many", Steps, [.. more, "--workers", "2", .. placement])).Done();
        _cluster.AssertSameAsAlone("many", "many", Steps, more);
    }

    [Theory]
    [InlineData("accuracy")]
    [InlineData("f1")]
    [InlineData("{command: [sh, -c, 'while read -r line; do echo ${#line}e-3; done']}")]
    public void Train_WithWorkersUnderAnyObjective_IsThatOfOneProcess(string objective)
    {
        string[] more = ["--objective", objective, "--allow-command", "true", "--max-new-tokens", "5", "--zo-eps", "0.03"];
        _cluster.Start(Tiny.Train("many", 6, [.. more, "--workers", "2"])).Done();
        _cluster.AssertSameAsAlone("many", "many", 6, more);
    }

    // Each worker has a folder of its own, and says if it has no effect.
    [Theory]
    [InlineData(OffloadTier.Disk)]
    [InlineData(OffloadTier.Host)]
    public void PlacementArguments_OfAFolder_NameItWhateverTheTier(OffloadTier tier)
    {
        var recipe = Recipe.Default.With(RecipeKeys.Offload, tier).With(RecipeKeys.OffloadDir, "blocks");
        Assert.Equal(["--offload-dir", "blocks"], LocalWorkers.PlacementArguments(recipe, 0).TakeLast(2));
        Assert.Equal(["--offload-dir", "blocks-1"], LocalWorkers.PlacementArguments(recipe, 1).TakeLast(2));
        Assert.DoesNotContain("--offload-dir", LocalWorkers.PlacementArguments(Recipe.Default.With(RecipeKeys.Offload, OffloadTier.Host), 0));
    }

    [Fact]
    public void Train_Killed_TakesItsWorkersAlongAndGoesOn()
    {
        var parent = _cluster.Start(Tiny.Train("many", Endless, "--workers", "2"));
        parent.WaitFor("step 5/");
        var children = parent.Children();
        Assert.Equal(2, children.Count);
        parent.Kill();
        DistzoProcess.Until("the workers have ended", () => !children.Any(DistzoProcess.IsAlive));
        FinishAndCompare();
    }

    [Fact]
    public void Train_WithAKilledWorker_StartsItAgain()
    {
        var parent = _cluster.Start(Tiny.Train("many", Endless, "--workers", "2"));
        parent.WaitFor("step 5/");
        DistzoProcess.Kill(parent.Children()[0]);
        parent.WaitFor("starting it again");
        DistzoProcess.Until("there are two workers again", () => parent.Children().Count == 2);
        parent.WaitFor("step ");
        parent.Signal(DistzoProcess.Terminate);
        Assert.Equal(ExitCodes.Failed, parent.WaitForExit());
        FinishAndCompare();
    }

    [Theory]
    [InlineData(DistzoProcess.Interrupt)]
    [InlineData(DistzoProcess.Terminate)]
    public void Train_Stopped_EndsWithItsWorkersAndSaysHowToGoOn(int signal)
    {
        var parent = _cluster.Start(Tiny.Train("many", Endless, "--workers", "2"));
        parent.WaitFor("step 5/");
        var children = parent.Children();
        // As a terminal does it with Ctrl-C: to all of them.
        if (signal == DistzoProcess.Interrupt) foreach (var child in children) DistzoProcess.Signal(child, signal);
        parent.Signal(signal);
        Assert.Equal(ExitCodes.Failed, parent.WaitForExit());
        Assert.Contains("; to go on: distzo train --model", parent.Said);
        Assert.DoesNotContain("starting it again", parent.Said);
        DistzoProcess.Until("the workers have ended", () => !children.Any(DistzoProcess.IsAlive));
    }

    [Fact]
    public void Train_WithWorkersThatCannotOpenTheData_SaysSoInALine()
    {
        var parent = _cluster.Start(Tiny.Train("many", Steps, "--workers", "2", "--data", Tiny["none.jsonl"]));
        Assert.Equal(ExitCodes.BadInput, parent.WaitForExit());
        Assert.Contains("none.jsonl", Assert.Single(parent.Said.Split('\n'), line => line.StartsWith("distzo: ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(8, 2, "4 4")]
    [InlineData(5, 2, "3 2")]
    [InlineData(2, 4, "1 1 1 1")]
    [InlineData(7, 3, "3 2 2")]
    public void Threads_OverWorkers_AreSharedOut(int threads, int workers, string expected) =>
        Assert.Equal(expected, string.Join(' ', LocalWorkers.ShareThreads(threads, workers)));

    /// <summary>Lets a run that was to have no end have a few steps more.</summary>
    private void FinishAndCompare()
    {
        var steps = (int)Optimization.Ledger.Read(Tiny.LedgerPath("many")).Steps + 5;
        Assert.Contains($"done after step {steps}", _cluster.Start(Tiny.Train("many", steps, "--workers", "2")).Done());
        _cluster.AssertSameAsAlone("many", "many", steps);
    }

    private IEnumerable<string> Files(string output) => Directory.GetFiles(Tiny[output]).Select(file => Path.GetFileName(file)).Order();
}
