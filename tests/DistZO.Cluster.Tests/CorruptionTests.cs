using DistZO.Coordinator;
using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>Memory rots silently: a bit of one rank's weights flips. It is found, named, and put right.</summary>
public sealed class CorruptionTests(RunFiles files) : IClassFixture<RunFiles>
{
    private const int Steps = 12;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Weights_OfOneRankFlipped_AreNamedQuarantinedAndFoldedAgain(int workers)
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(Steps, ("digest-steps", "4"), ("batch-size", "6"))) { MinWorkers = workers };
        for (var i = 0; i < workers; i++) cluster.Add();
        cluster.RunToStep(5);
        Flip(cluster.Workers[1]);
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);

        Assert.Contains(cluster.Events, e => e.Kind == "quarantined" && e.Worker == "w1");
        Assert.Contains(cluster.Events, e => e.Kind == "refolded" && e.Worker == "w1");
        var digests = cluster.Engine!.Describe().Digests;
        var suspect = Assert.Single(digests.Suspect);
        Assert.Equal((4, 8, "w1"), (suspect.From, suspect.To, suspect.Worker));
        Assert.Equal($"distzo fork {cluster.Directory.Ledger} --step 4", suspect.Command);
        Assert.Equal(Steps, digests.AgreedStep);

        // Losses of the flipped weights may be in the ledger; it is the truth all the same, and all weights follow from it.
        Assert.Equal(workers, cluster.Workers.Select(worker => worker.Run.Digest()).Count(digest => digest == digests.Digest));
    }

    [Fact]
    public void Weights_ThatDifferEvenAfterFoldingAgain_CostTheRankItsPlace()
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(Steps, ("digest-steps", "4"))) { MinWorkers = 3 };
        for (var i = 0; i < 3; i++) cluster.Add();
        cluster.Workers[2].Tamper = message => message is DigestDone done ? [done with { Digest = done.Digest + 1 }] : [message];
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Contains("its machine is faulty", Assert.Single(cluster.Refusals));
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void Weights_OfARankThatWasNotComparedLast_AreNotFoldedFromItsOwnSnapshots()
    {
        var recipe = files.Recipe(16, ("digest-steps", "4"), ("batch-size", "6"), ("save-steps", "4"));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = 3 };
        for (var i = 0; i < 3; i++) cluster.Add();
        cluster.RunToStep(5);
        Flip(cluster.Workers[1]);
        // What it says at step 8 is lost with its connection: the others agree without it, and its snapshot of that step is wrong.
        cluster.Workers[1].Tamper = message =>
        {
            if (message is not DigestDone { Step: 8 }) return [message];
            cluster.At(cluster.Time.Now, () => cluster.Workers[1].Cut());
            cluster.At(cluster.Time.Now + 0.01, cluster.Workers[1].Connect);
            return [];
        };
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Empty(cluster.Refusals);
        Assert.Contains(cluster.Events, e => e.Kind == "refolded" && e.Worker == "w1");
        Assert.Single(cluster.Workers.Select(worker => worker.Run.Digest()).Distinct());
    }

    [Fact]
    public void Worker_ThatIsCutOffInQuarantine_ComesBackIntoIt()
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(Steps, ("digest-steps", "4"), ("batch-size", "6"))) { MinWorkers = 3 };
        for (var i = 0; i < 3; i++) cluster.Add();
        cluster.RunToStep(5);
        Flip(cluster.Workers[1]);
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "quarantined"));
        // Before it hears of it.
        cluster.Workers[1].Cut();
        cluster.Workers[1].Connect();
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Equal(2, cluster.Events.Count(e => e.Kind == "quarantined"));
        Assert.Single(cluster.Events, e => e.Kind == "refolded");
        Assert.Equal(8, cluster.Engine!.Describe().Digests.Suspect.Single().To);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Tie_OfWhichOneRankHangs_IsSettledByTheOther(int hung)
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(Steps, ("digest-steps", "4"), ("batch-size", "6"))) { MinWorkers = 2 };
        for (var i = 0; i < 2; i++) cluster.Add();
        cluster.RunToStep(5);
        Flip(cluster.Workers[1]);
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "quarantined"));
        cluster.Workers[hung].Hangs = true;
        // The other needs longer to fold again than it takes to see that the first one hangs.
        cluster.Workers[1 - hung].IsStuck = true;
        cluster.At(cluster.Time.Now + 30, () => cluster.Workers[1 - hung].IsStuck = false);
        cluster.RunUntil(() => cluster.Engine!.Book.Steps >= Steps || cluster.Time.Now > 190);
        Assert.Equal(Steps, cluster.Engine!.Book.Steps);
        cluster.RunUntil(() => cluster.Time.Now > 200);
        cluster.Workers[hung].Hangs = false;
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Empty(cluster.Refusals);
    }

    [Fact]
    public void Terms_MiscountedByOneRank_MakeTheStepBeginAgain()
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(Steps, ("parallelism", "pertp"), ("batch-size", "6"))) { MinWorkers = 2 };
        for (var i = 0; i < 2; i++) cluster.Add();
        var said = 0;
        cluster.Workers[0].Tamper = message => message is ShareDone { Report: { Step: 4 } report } done && said++ == 0
            ? [done with { Report = report with { Terms = report.Terms - 1 } }]
            : [message];
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();
        Assert.Contains(cluster.Events, e => e.Kind == "differs");
        Assert.Equal(2, said);
    }

    private static void Flip(SimulatedWorker worker)
    {
        var parameter = worker.Run.Model!.Parameters[3];
        Span<byte> one = stackalloc byte[1];
        worker.Run.Model.Device.Download(parameter.Storage, 6, one);
        one[0] ^= 0x40;
        worker.Run.Model.Device.Upload(one, parameter.Storage, 6);
    }
}
