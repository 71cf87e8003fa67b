using DistZO.Coordinator;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>A loss that is not finite throws a step away; so one rank alone is not believed where another could be asked.</summary>
public sealed class FlagTests(RunFiles files) : IClassFixture<RunFiles>
{
    private const int Steps = 8;

    [Fact]
    public void Flag_OfARankThatIsGoneWithAllOthers_DoesNotSkipTheStep()
    {
        using var cluster = Cluster(2);
        cluster.Workers[0].Tamper = FlagAt(4);
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "flag"));
        cluster.Workers[0].Kill();
        cluster.Workers[1].Kill();
        cluster.At(cluster.Time.Now + 20, () => cluster.Add());
        End(cluster);
    }

    [Fact]
    public void Flag_OfAShareThatWasCutUpSince_DoesNotSkipTheStep()
    {
        using var cluster = Cluster(3, ("parallelism", "pertp"));
        var wasCut = false;
        cluster.Workers[0].Tamper = message =>
        {
            if (message is not ShareDone { Report: { Step: 4, Share.Samples: 6 } report } done || wasCut) return [message];
            wasCut = true;
            // A rectangle that nobody was given.
            var (share, sums) = (report.Share with { SampleEnd = 5 }, report.Sums.Select(_ => new ProbeSum(0, true)));
            return [done with { Report = report with { Share = share, Sums = [.. sums], Terms = report.Terms * 5 / 6 } }, message];
        };
        End(cluster);
        Assert.True(wasCut);
    }

    [Fact]
    public void Flag_OfAnImpossibleReport_DoesNotHoldUpALoneRank()
    {
        using var cluster = Cluster(2);
        var said = false;
        cluster.Workers[0].Tamper = message =>
        {
            if (message is not ShareDone { Report: { Step: 4 } report } done || said) return [message];
            said = true;
            return [done with { Report = report with { Terms = -1, Sums = [.. report.Sums.Select(_ => new ProbeSum(0, true))] } }];
        };
        cluster.RunUntil(() => said);
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "flag"));
        cluster.Workers[1].Kill();
        End(cluster);
    }

    [Fact]
    public void Report_ThatIsImpossibleOfALoneRank_IsAskedForAgain()
    {
        using var cluster = Cluster(1);
        var said = 0;
        cluster.Workers[0].Tamper = message => message is ShareDone { Report: { Step: 4 } report } done && said++ < 3
            ? [done with { Report = report with { Terms = -1 } }]
            : [message];
        End(cluster);
        Assert.Equal(4, said);
    }

    private static Func<WorkerMessage, IEnumerable<WorkerMessage>> FlagAt(long step) => message =>
        message is ShareDone done && done.Report.Step == step
            ? [done with { Report = done.Report with { Sums = [.. done.Report.Sums.Select(_ => new ProbeSum(0, true))] } }]
            : [message];

    private SimulatedCluster Cluster(int workers, params (string Key, string Value)[] more)
    {
        var cluster = new SimulatedCluster(files, files.Recipe(Steps, [("batch-size", "6"), .. more])) { MinWorkers = workers };
        for (var i = 0; i < workers; i++) cluster.Add();
        return cluster;
    }

    private static void End(SimulatedCluster cluster)
    {
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();
        Assert.Equal(0, cluster.Engine!.Describe().SkippedSteps);
    }
}
