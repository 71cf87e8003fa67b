using DistZO.Optimization;

namespace DistZO.Cli.Tests.Commands;

public class ForkTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private const int Step = 5;

    private TinyRun Tiny => run.Tiny;

    [Fact]
    public void Fork_WithTheSameRecipe_EndsAtTheParentsWeights()
    {
        Fork("same").Done();
        Assert.Equal(Tiny.Weights("run"), Tiny.Weights("same"));
        var (parent, fork) = (Ledger.Read(run.Ledger), Ledger.Read(Tiny.LedgerPath("same")));
        Assert.Equal(parent.ParentAt(Step), fork.Header.Identity.Parent);
        Assert.Equal(parent.Records, fork.Records);
        Assert.NotEqual(parent.Chain, fork.Chain);
    }

    [Fact]
    public void Fork_WithAnotherRecipe_KeepsTheParentsStepsAndGoesOnByItsOwn()
    {
        Fork("slower", "--learning-rate", "1e-4", "--max-steps", "8").Done();
        var (parent, fork) = (Ledger.Read(run.Ledger), Ledger.Read(Tiny.LedgerPath("slower")));
        Assert.Equal(parent.Records.Take(Step), fork.Records.Take(Step));
        Assert.Equal(8, fork.Steps);
        Assert.NotEqual(parent.Records[Step], fork.Records[Step]);
    }

    [Fact]
    public void Fork_AgainOrByTrain_GoesOn()
    {
        Fork("again", "--max-steps", "7").Done();
        Assert.Contains("finished already: 7 steps", Fork("again", "--max-steps", "7").Error);
        Distzo.Run(Tiny.Train("again", TrainedRun.Steps)).Done();
        Assert.Equal(Tiny.Weights("run"), Tiny.Weights("again"));
    }

    [Fact]
    public void Fork_ItsOwnSteps_AreVerified()
    {
        Fork("audited", "--learning-rate", "1e-4").Done();
        var outcome = Distzo.Run("verify", Tiny["audited"]);
        Assert.Contains("4 of 4 steps recomputed", outcome.Done());
        Assert.Contains("steps 0 to 4 are those of the run that this one was forked from", outcome.Output);
    }

    [Fact]
    public void Fork_WithNothingLeftToDo_SaysWhatMaxStepsCounts() =>
        Assert.Contains("it counts the parent's steps too", Fork("nothing", "--max-steps", "5").Problem(2));

    [Fact]
    public void Fork_WithAnotherWeightFormat_IsRefused() =>
        Assert.Contains("weights_dtype is bfloat16", Fork("format", "--weights-dtype", "bfloat16").Problem(2));

    [Fact]
    public void Fork_IntoAnotherRun_IsRefused()
    {
        Tiny.Trained("taken", 2);
        Assert.Contains("is another run", Fork("taken").Problem(2));
    }

    [Fact]
    public void Fork_OnAnotherBase_IsRefused()
    {
        TinyModel.Write(Tiny["other"], seed: 2);
        Assert.Contains("is not the base model", Fork("base", "--model", Tiny["other"]).Problem(2));
    }

    [Fact]
    public void Fork_BehindTheEnd_IsRefused() =>
        Assert.Contains("holds the steps 0 to 9", Distzo.Run("fork", run.Ledger, "--step", "10", "--output", Tiny["never"]).Problem(2));

    private Outcome Fork(string output, params string[] more) =>
        Distzo.Run(["fork", run.Ledger, "--step", $"{Step}", "--output", Tiny[output], .. more]);
}
