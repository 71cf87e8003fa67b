using DistZO.Coordinator;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>A run ends when it should: not before the model is written, and not never.</summary>
public sealed class EndingTests(RunFiles files) : IClassFixture<RunFiles>
{
    private const int Steps = 6;

    private Recipe Recipe => files.Recipe(Steps, ("batch-size", "6"));

    [Fact]
    public void End_WhenTheWriterDiesBeforeItHasWritten_WaitsForItToComeBack()
    {
        using var cluster = new SimulatedCluster(files, Recipe) { MinWorkers = 2 };
        var (writer, _) = (cluster.Add(), cluster.Add(writes: false));
        cluster.RunUntil(() => cluster.Engine!.Describe().State == RunState.Finishing);
        writer.Kill();
        cluster.At(cluster.Time.Now + 5, () => cluster.Add());
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Contains(cluster.Workers, worker => worker is { Writes: true, HasFinished: true, IsAlive: true });
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void End_WhenTheWriterDoesNotComeBack_DoesNotWaitForEver()
    {
        using var cluster = new SimulatedCluster(files, Recipe) { MinWorkers = 2 };
        var (writer, _) = (cluster.Add(), cluster.Add(writes: false));
        cluster.RunToStep(3);
        writer.Kill();
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.InRange(cluster.Time.Now, 60, 120);
    }

    [Fact]
    public void End_WithSomebodyThatIsNeverReady_DoesNotWaitForEver()
    {
        using var cluster = new SimulatedCluster(files, Recipe);
        cluster.Add();
        cluster.RunToStep(2);
        // It shows that it lives, and never says what it has.
        cluster.Add().Tamper = message => message is Ready ? [] : [message];
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void Stop_BeforeAnyWorkerCame_EndsTheRun()
    {
        using var cluster = new SimulatedCluster(files, Recipe);
        cluster.Engine!.Stop();
        Assert.Equal(RunOutcome.Stopped, cluster.RunToTheEnd().Outcome);
    }

    [Fact]
    public void Stop_WithAStepInFlightAndNobodyThere_EndsTheRun()
    {
        using var cluster = new SimulatedCluster(files, Recipe);
        cluster.Add();
        cluster.RunToStep(3);
        cluster.Workers[0].Kill();
        cluster.Engine!.Stop();
        Assert.Equal((RunOutcome.Stopped, 3), (cluster.RunToTheEnd().Outcome, cluster.Engine!.Result!.Steps));
    }

    [Fact]
    public void Stop_WhileNobodyHasTheHeldOutRows_EndsTheRun()
    {
        using var cluster = new SimulatedCluster(files, Recipe);
        cluster.Add(hasRows: false);
        cluster.RunUntil(() => cluster.Time.Now > 10);
        Assert.Equal(RunState.Waiting, cluster.Engine!.Describe().State);
        cluster.Engine.Stop();
        Assert.Equal(RunOutcome.Stopped, cluster.RunToTheEnd().Outcome);
    }

    [Fact]
    public void Evaluation_WhenTheRowsLeaveWithTheirWorker_WaitsAndSaysSo()
    {
        using var cluster = new SimulatedCluster(files, Recipe) { MinWorkers = 2 };
        var (withRows, _) = (cluster.Add(), cluster.Add(hasRows: false));
        cluster.RunToStep(2);
        withRows.Kill();
        cluster.RunUntil(() => cluster.Time.Now > 30);
        Assert.Equal((5L, RunState.Waiting), (cluster.Engine!.Describe().Step, cluster.Engine.Describe().State));
        cluster.Add();
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();
    }
}
