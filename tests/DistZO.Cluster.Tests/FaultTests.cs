using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>Whatever happens to workers, coordinator and connections: the run ends as if nothing had.</summary>
public sealed class FaultTests(RunFiles files) : IClassFixture<RunFiles>
{
    private const int Steps = 12;

    private Recipe Recipe => files.Recipe(Steps, ("batch-size", "6"));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.03)]
    [InlineData(0.2)]
    public void Worker_KilledBeforeInAndAfterItsShare_IsReplaced(double after)
    {
        using var cluster = Cluster(3);
        cluster.RunToStep(4);
        cluster.At(cluster.Time.Now + after, cluster.Workers[1].Kill);
        End(cluster);
        Assert.Contains(cluster.Events, e => e.Kind == "lost" && e.Worker == "w1");
    }

    [Fact]
    public void Worker_ToldToStop_FinishesItsShareAndSaysGoodbye()
    {
        using var cluster = Cluster(3);
        cluster.RunToStep(4);
        cluster.Workers[2].Terminate();
        End(cluster);
        Assert.Contains(cluster.Events, e => e.Kind == "left" && e.Message == "it was stopped");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Stream_CutAndConnectedAgain_GoesOn(bool isNoticed)
    {
        using var cluster = Cluster(2);
        cluster.RunToStep(3);
        cluster.Workers[0].Cut(isNoticed);
        cluster.At(cluster.Time.Now + 0.3, cluster.Workers[0].Connect);
        End(cluster);
        if (!isNoticed) Assert.Contains(cluster.Events, e => e.Message.EndsWith("the same worker has connected again", StringComparison.Ordinal));
        Assert.All(cluster.Workers, worker => Assert.True(worker.HasFinished));
    }

    [Fact]
    public void Report_MadeWhileTheConnectionWasDown_CountsAfterwards()
    {
        using var cluster = Cluster(1);
        cluster.RunToStep(3);
        // Cut in the middle of the share: it is computed to its end, and said once the worker is back.
        cluster.At(cluster.Time.Now + 0.04, () => cluster.Workers[0].Cut());
        cluster.At(cluster.Time.Now + 0.3, cluster.Workers[0].Connect);
        var shares = 0;
        cluster.Workers[0].Tamper = message =>
        {
            if (message is ShareDone { Report.Step: 3 or 4 }) shares++;
            return [message];
        };
        End(cluster);
        Assert.InRange(shares, 2, 4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Coordinator_KilledAroundTheFlush_GoesOnFromItsLedger(bool isDurable)
    {
        using var cluster = Cluster(3);
        cluster.OnAppend = (record, done) =>
        {
            if (record.Step != 5 || done != isDurable) return;
            cluster.OnAppend = null;
            throw new CrashException();
        };
        End(cluster);
        Assert.Equal(2, cluster.Events.Count(e => e.Kind == "started"));
    }

    [Fact]
    public void Coordinator_KilledDuringTheFlush_CutsTheTornTail()
    {
        using var cluster = Cluster(2);
        cluster.OnAppend = (record, done) =>
        {
            if (record.Step != 5 || done) return;
            cluster.OnAppend = null;
            using (var ledger = new FileStream(cluster.Directory.Ledger, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) ledger.Write([60, 0, 0, 0, 1]);
            throw new CrashException();
        };
        End(cluster);
    }

    [Fact]
    public void Disk_FullOnTheCoordinator_EndsItAndLosesNothing()
    {
        using var cluster = Cluster(2);
        var failures = 0;
        cluster.OnAppend = (record, done) =>
        {
            if (record.Step == 4 && !done && failures++ < 3) throw new RunFailedException("cannot append step 4 (No space left on device)");
        };
        End(cluster);
        Assert.Equal(4, failures);
    }

    [Fact]
    public void Report_SaidTwice_CountsOnce() => WithTamper(message => message is ShareDone ? [message, message] : [message]);

    [Fact]
    public void Report_ThatComesAStepLate_DoesNotCount()
    {
        WorkerMessage? kept = null;
        WithTamper(message =>
        {
            if (message is not ShareDone) return [message];
            var late = kept;
            kept = message;
            return late is null ? [message] : [message, late];
        });
    }

    [Fact]
    public void Report_FromBeforeARestart_DoesNotCount()
    {
        using var cluster = Cluster(2);
        WorkerMessage? old = null;
        var said = false;
        cluster.Workers[0].Tamper = message =>
        {
            if (message is not ShareDone done) return [message];
            old ??= done.Report.Step == 4 ? Wrong(done) : null;
            if (cluster.Events.Count(e => e.Kind == "started") < 2 || old is null || said) return [message];
            said = true;
            return [old, message];
        };
        cluster.RunToStep(4);
        cluster.RunUntil(() => old is not null);
        cluster.RestartCoordinator();
        End(cluster);
        Assert.True(said);
    }

    [Fact]
    public void Report_ForARectangleNeverAssigned_CountsIfItsCellsAreOpen()
    {
        using var cluster = Cluster(2);
        using var inputs = files.Open(Recipe);
        var history = new RunHistory(inputs.Identity(null).Start);
        var steps = new Training.LocalSteps(inputs.Recipe, inputs.Train.Examples, new Training.ShareExecutor(inputs.Model, history.Updates, objective: null));
        var said = 0;
        cluster.Workers[0].Tamper = message =>
        {
            if (message is not ShareDone { Report.Step: var step } done || said > 2) return [message];
            while (history.Steps < step) history.Append(RecordCodec.Encode(cluster.Engine!.Book.Records[history.Steps]));
            said++;
            // Across the cuts of the plan, so that it overlaps what others compute; then one that overlaps it in turn.
            return [Odd(new Share(0, 2, 1, 4)), Odd(new Share(1, 2, 3, 6)), message];

            ShareDone Odd(Share share)
            {
                var sums = steps.Evaluate((int)step, share).ToArray();
                return done with { Report = done.Report with { Share = share, Sums = sums, Terms = steps.Terms } };
            }
        };
        End(cluster);
        Assert.Equal(3, said);
    }

    [Fact]
    public void Report_ThatIsImpossible_IsRefused()
    {
        using var cluster = Cluster(2);
        cluster.Workers[0].Tamper = message => message is ShareDone { Report.Step: 3 } done
            ? [done with { Report = done.Report with { Sums = [.. done.Report.Sums.Select(_ => new ProbeSum(long.MaxValue, false))] } }, message]
            : [message];
        End(cluster);
        Assert.Contains(cluster.Events, e => e.Kind == "refused" && e.Worker == "w0");
    }

    [Fact]
    public void Flag_ThatASecondRankDoesNotConfirm_DoesNotSkipTheStep()
    {
        using var cluster = Cluster(3);
        cluster.Workers[1].Tamper = message => message is ShareDone { Report.Step: 4 } done
            ? [done with { Report = done.Report with { Sums = [.. done.Report.Sums.Select(_ => new ProbeSum(0, true))] } }]
            : [message];
        End(cluster);
        Assert.Contains(cluster.Events, e => e.Kind == "flag" && e.Message.Contains("its weights are checked", StringComparison.Ordinal));
        Assert.Equal(0, cluster.Engine!.Describe().SkippedSteps);
    }

    [Fact]
    public void Flag_ThatASecondRankConfirms_SkipsTheStep()
    {
        // So large a rate that losses overflow: the run alone skips steps too.
        var recipe = files.Recipe(6, ("learning-rate", "1e30"), ("eval-data", files.Held));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = 2 };
        for (var i = 0; i < 2; i++) cluster.Add();
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
        Assert.True(cluster.Engine!.Describe().SkippedSteps > 0);
        Assert.Contains(cluster.Events, e => e.Kind == "flag");
    }

    [Fact]
    public void Worker_AheadOfALedgerRestoredFromABackup_FoldsAgain()
    {
        using var cluster = Cluster(2);
        cluster.RunToStep(4);
        var backup = File.ReadAllBytes(cluster.Directory.Ledger);
        cluster.RunToStep(9);
        cluster.KillCoordinator();
        File.WriteAllBytes(cluster.Directory.Ledger, backup);
        cluster.At(cluster.Time.Now + 1, cluster.StartCoordinator);
        End(cluster);
    }

    [Fact]
    public void Worker_TenTimesSlower_DoesNotHoldTheOthersUp()
    {
        using var cluster = Cluster(3);
        cluster.RunToStep(4);
        cluster.Workers[0].Speed /= 10;
        End(cluster);
    }

    [Fact]
    public void Worker_ThatHangs_LosesItsShareAndMayComeBack()
    {
        using var cluster = Cluster(1);
        cluster.RunToStep(3);
        cluster.Workers[0].Hangs = true;
        cluster.RunUntil(() => cluster.Events.Any(e => e.Kind == "hung"));
        Assert.Equal(RunState.Waiting, cluster.Engine!.Describe().State);
        cluster.At(cluster.Time.Now + 30, () => cluster.Workers[0].Hangs = false);
        End(cluster);
        Assert.Contains(cluster.Events, e => e.Kind == "back");
    }

    [Fact]
    public void Worker_ThatHangsAmongOthers_IsOvertaken()
    {
        using var cluster = Cluster(3);
        cluster.RunToStep(3);
        cluster.Workers[1].Hangs = true;
        cluster.RunToStep(Steps);
        cluster.Workers[1].Hangs = false;
        End(cluster);
    }

    [Fact]
    public void Workers_FiveJoiningInOneStep_CatchUpWhileTheOthersGoOn()
    {
        using var cluster = Cluster(1);
        cluster.RunToStep(5);
        for (var i = 0; i < 5; i++) cluster.Add();
        End(cluster);
        Assert.All(cluster.Workers, worker => Assert.True(worker.HasFinished));
        Assert.Equal(5, cluster.Events.Count(e => e.Message.Contains("replays the 5 steps", StringComparison.Ordinal)));
    }

    [Fact]
    public void Workers_AllGoneAndOneBack_GoesOn()
    {
        using var cluster = Cluster(3);
        cluster.RunToStep(4);
        foreach (var worker in cluster.Workers) worker.Kill();
        cluster.At(cluster.Time.Now + 50, () => cluster.Add());
        cluster.RunUntil(() => cluster.Time.Now > 49);
        Assert.Equal((RunState.Waiting, "waiting for a worker"), (cluster.Engine!.Describe().State, cluster.Engine.Describe().Message));
        End(cluster);
    }

    [Fact]
    public void Clock_ThatJumps_ChangesNothing()
    {
        using var cluster = Cluster(2);
        cluster.RunToStep(3);
        cluster.Time.JumpWall(TimeSpan.FromDays(-400));
        cluster.RunToStep(6);
        cluster.Time.JumpWall(TimeSpan.FromDays(4000));
        // The machine slept: an hour passes at once for every timer.
        cluster.Time.AdvanceTo(cluster.Time.Now + 3600);
        End(cluster);
    }

    [Fact]
    public void Worker_OfAnotherRun_IsRefusedByName()
    {
        using var other = new RunFiles();
        File.AppendAllText(other.Data, """{"text": "one more", "label": "no"}""" + "\n");
        using var cluster = Cluster(1);
        cluster.RunToStep(2);
        cluster.AddFrom(other);
        End(cluster);
        var refusal = Assert.Single(cluster.Refusals);
        Assert.Contains("the data has 24 rows (the run has 23)", refusal);
    }

    private SimulatedCluster Cluster(int workers)
    {
        var cluster = new SimulatedCluster(files, Recipe) { MinWorkers = workers };
        for (var i = 0; i < workers; i++) cluster.Add();
        return cluster;
    }

    private void WithTamper(Func<WorkerMessage, IEnumerable<WorkerMessage>> tamper)
    {
        using var cluster = Cluster(2);
        cluster.Workers[0].Tamper = tamper;
        End(cluster);
    }

    private static void End(SimulatedCluster cluster)
    {
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();
    }

    private static ShareDone Wrong(ShareDone done) =>
        done with { Report = done.Report with { Sums = [.. done.Report.Sums.Select(sum => sum with { Sum = sum.Sum + 1 })] } };
}
