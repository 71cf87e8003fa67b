using System.Runtime.InteropServices;

namespace DistZO.Cli.Tests.Commands;

public class TrainTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private TinyRun Tiny => run.Tiny;

    [Fact]
    public void Train_OnAFinishedRun_SaysSoAndLeavesItAlone()
    {
        var before = Tiny.Weights("run");
        var outcome = Distzo.Run(Tiny.Train("run", TrainedRun.Steps, "--save-steps", "3"));
        outcome.Done();
        Assert.Contains("finished already: 9 steps", outcome.Error);
        Assert.Equal(before, Tiny.Weights("run"));
    }

    [Theory]
    [InlineData("--learning-rate", "2e-3", "learning_rate is 0.002 (the run has 0.001)")]
    [InlineData("--seed", "5", "seed is 5 (the run has 0)")]
    [InlineData("--prompt", "{text} This was", "prompt is \"{text} This was\"")]
    public void Train_WithAChangedTrajectoryKey_IsRefusedByName(string flag, string value, string named)
    {
        var problem = Distzo.Run(Tiny.Train("run", TrainedRun.Steps, flag, value)).Problem(2);
        Assert.Contains(named, problem);
        Assert.Contains("distzo fork", problem);
    }

    [Fact]
    public void Train_WithChangedOperationalKeys_GoesOn()
    {
        Tiny.Trained("operational", 4);
        var more = new[] { "--eval-steps", "3", "--save-steps", "2", "--logging-steps", "2", "--threads", "2", "--export", "best" };
        Distzo.Run(Tiny.Train("operational", TrainedRun.Steps, more)).Done();
        Assert.Equal(Tiny.Ledger("run"), Tiny.Ledger("operational"));
    }

    [Fact]
    public void Train_PrintRecipe_ShowsARecipeThatGivesItself()
    {
        var yaml = Distzo.Run(Tiny.Train("unused", 3, "--zo-eps", "2e-3", "--print-recipe", "")[..^1]).Done();
        Assert.Contains("zo_eps: 0.002", yaml);
        File.WriteAllText(Tiny["printed.yaml"], yaml);
        Assert.Equal(yaml, Distzo.Run("train", "--config", Tiny["printed.yaml"], "--print-recipe").Done());
        Assert.False(Directory.Exists(Tiny["unused"]));
    }

    [Fact]
    public void Train_WithUnderscoresInFlags_IsTheSame() =>
        Assert.Equal(
            Distzo.Run("train", "--learning-rate", "1", "--model", "m", "--print-recipe").Done(),
            Distzo.Run("train", "--learning_rate", "1", "--model_name_or_path", "m", "--print-recipe").Done());

    [Fact]
    public void Train_OnALedgerThatIsBeingWritten_FailsAndMayBeTriedAgain()
    {
        Tiny.Trained("busy", 2);
        using var held = Optimization.LedgerWriter.Open(Tiny.LedgerPath("busy"), out _);
        Assert.Contains("another process writes", Distzo.Run(Tiny.Train("busy", 5)).Problem(1));
    }

    [Fact]
    public void Train_Interrupted_SaysHowToGoOnAndGoesOn()
    {
        var args = Tiny.Train("interrupted", 5_000);
        using var process = Distzo.Start(args);
        _ = process.StandardOutput.ReadToEndAsync();
        while (process.StandardError.ReadLine() is { } line && !line.StartsWith("step 3/", StringComparison.Ordinal))
        {
        }

        Assert.Equal(0, Kill(process.Id, 15));
        var rest = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"to go on: distzo train --model {Tiny.Model}", rest);
        Assert.Contains("'{text} It was'", rest);
        var steps = Optimization.Ledger.Read(Tiny.LedgerPath("interrupted")).Steps;
        Assert.InRange(steps, 3, 4_999);
        var longer = $"{steps + 2}";
        Distzo.Run(Tiny.Train("interrupted", 0, "--max-steps", longer)).Done();
        Assert.Equal(steps + 2, Optimization.Ledger.Read(Tiny.LedgerPath("interrupted")).Steps);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
