using DistZO.Cli.Terminal;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Tests.Terminal;

public sealed class StatusLineTests
{
    private static readonly StepMetrics Step = new()
    {
        Step = 150,
        MaxSteps = 600,
        Loss = 1.25,
        SmoothedLoss = 1.31,
        LearningRate = 2.25e-5,
        TokensPerSecond = 5214,
        RemainingSeconds = 83,
    };

    private static readonly EvaluationMetrics Best = new(100, [new("accuracy", 0.7125)], IsBest: true);

    [Fact]
    public void StatusLine_WideTerminal_ShowsEverything() => Assert.Equal(
        " 25% ━━━━━━──────────────────  150/600  loss 1.250  smoothed 1.310  lr 2.25e-5  5.21k tok/s  1:23 left  best accuracy 0.713 at 100",
        StatusLine.Of(Step, Best, 160, colour: false));

    [Fact]
    public void StatusLine_NarrowTerminal_DropsTheLeastFirst() => Assert.Equal(
        " 25% ━━━╸──────────  150/600  loss 1.250  smoothed 1.310  1:23 left",
        StatusLine.Of(Step, Best, 67, colour: false));

    [Fact]
    public void StatusLine_AnyWidth_NeverExceedsIt()
    {
        for (var width = 0; width <= 200; width++)
        {
            Assert.InRange(StatusLine.Of(Step, Best, width, colour: false).Length, 0, width);
        }
    }

    [Fact]
    public void StatusLine_Colour_ChangesNoCharacter()
    {
        var colourless = StatusLine.Of(Step, Best, 120, colour: true)
            .Replace(Ansi.Cyan, "", StringComparison.Ordinal)
            .Replace(Ansi.Dim, "", StringComparison.Ordinal)
            .Replace(Ansi.Plain, "", StringComparison.Ordinal);

        Assert.Equal(StatusLine.Of(Step, Best, 120, colour: false), colourless);
    }

    [Fact]
    public void StatusLine_SkippedFirstStep_HasDashes() => Assert.Contains(
        "1/2  loss -  smoothed -",
        StatusLine.Of(new StepMetrics { Step = 1, MaxSteps = 2, Loss = double.NaN }, null, 80, colour: false),
        StringComparison.Ordinal);
}
