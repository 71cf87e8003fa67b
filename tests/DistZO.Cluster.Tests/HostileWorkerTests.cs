using DistZO.Coordinator;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>Whatever one worker says, the run of the others goes on, and is the same.</summary>
public sealed class HostileWorkerTests(RunFiles files) : IClassFixture<RunFiles>
{
    public static TheoryData<string> Readies => ["z", "rows", "garbage", "early", "twice"];

    [Theory]
    [MemberData(nameof(Readies))]
    public void Ready_ThatIsNonsense_HarmsNobody(string kind)
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(8, ("batch-size", "6")));
        var hostile = cluster.Add();
        hostile.Tamper = message => (kind, message) switch
        {
            ("z", Ready ready) => [ready with { ZSeconds = 1e308 }],
            ("rows", Ready ready) => [ready with { Identity = ready.Identity.Replace("\"rows\":23", "\"rows\":0", StringComparison.Ordinal) }],
            ("garbage", Ready ready) => [ready with { Identity = "{\"layout\": 7}" }],
            ("early", Hello hello) => [new Ready("{}", 0, default, null, 0, 1, 1, "", 1, false), hello],
            ("twice", Ready ready) => [ready, ready with { Step = 1 }],
            _ => [message],
        };
        cluster.Add();
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Single(cluster.Events, e => e.Kind == "started");
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void Report_OfTheLargestSumsThereAre_DoesNotEndTheCoordinator()
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(8, ("batch-size", "6"), ("eval-data", files.Held)));
        var hostile = cluster.Add();
        hostile.Tamper = message => message is ShareDone { Report: { Step: 3 } report } done
            ? [done with { Report = report with { Terms = OpenStep.MostTerms, Sums = [.. report.Sums.Select((_, i) => new ProbeSum(i % 2 == 0 ? 1L << 62 : -(1L << 62), false))] } }]
            : [message];
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Single(cluster.Events, e => e.Kind == "started");
    }

    [Fact]
    public void Texts_OfAWorker_AreShortLines()
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(8, ("batch-size", "6")));
        var hostile = cluster.Add();
        hostile.Tamper = message => message is Ready ready ? [ready with { Device = new string('x', 1 << 20) }] : [message];
        cluster.Add();
        cluster.RunToStep(2);
        Assert.All(cluster.Engine!.DescribeWorkers(), worker => Assert.InRange(worker.Device!.Length, 1, 80));
        hostile.Run.Leave("first\nsecond " + new string('x', 1 << 20));
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "left"));
        var said = Assert.Single(cluster.Events, e => e.Kind == "left").Message;
        Assert.InRange(said.Length, 1, 1000);
        Assert.DoesNotContain('\n', said);
    }

    [Fact]
    public void Worker_WhoseWorkIsStuckWhileItsHeartbeatsGoOn_IsGivenNoMore()
    {
        using var cluster = new SimulatedCluster(files, files.Recipe(12, ("batch-size", "6"))) { MinWorkers = 2 };
        var (stuck, _) = (cluster.Add(), cluster.Add());
        cluster.RunToStep(3);
        stuck.IsStuck = true;
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "hung"));
        cluster.RunUntil(() => cluster.Engine!.Result is not null || cluster.Time.Now > 100);
        Assert.DoesNotContain(cluster.Events, e => e.Kind == "back");
        cluster.At(cluster.Time.Now, () => stuck.IsStuck = false);
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
    }
}
