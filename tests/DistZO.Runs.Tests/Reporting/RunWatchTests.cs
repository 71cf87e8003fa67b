namespace DistZO.Runs.Tests.Reporting;

/// <summary>What watches a run's numbers: the smoothed loss, the divergence monitor, early stopping.</summary>
public sealed class RunWatchTests
{
    [Fact]
    public void SmoothedLoss_ConstantLoss_IsThatLossFromTheFirstStep()
    {
        var smoothed = new SmoothedLoss();

        Assert.True(double.IsNaN(smoothed.Value));
        for (var i = 0; i < 100; i++) Assert.Equal(1.5, smoothed.Add(1.5), 12);
    }

    [Fact]
    public void SmoothedLoss_TwoLosses_AreWeightedByTheirAge()
    {
        var smoothed = new SmoothedLoss(decay: 0.5);
        smoothed.Add(3);

        // Weights 1/4 and 1/2, divided by their sum.
        Assert.Equal(((0.25 * 3) + (0.5 * 6)) / 0.75, smoothed.Add(6), 12);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void SmoothedLoss_SkippedStep_ChangesNothing(double loss)
    {
        var smoothed = new SmoothedLoss();
        var before = smoothed.Add(2);

        Assert.Equal(before, smoothed.Add(loss));
    }

    [Fact]
    public void DivergenceMonitor_LossRisesAndStays_WarnsOnceWithTheWayBack()
    {
        var monitor = new DivergenceMonitor("out/run.zol", learningRate: 3e-4, zoEps: 1e-3);
        var warnings = new List<(int Step, string Text)>();
        for (var step = 1; step <= 400; step++)
        {
            var loss = step <= 100 ? 1.4 - (step * 0.004) : 3;
            if (monitor.Add(step, loss) is { } text) warnings.Add((step, text));
        }

        var (at, warning) = Assert.Single(warnings);
        Assert.Equal(150, at);
        Assert.Contains("minimum (1.000 at step 100)", warning, StringComparison.Ordinal);
        Assert.Contains("learning_rate (0.0003) is too high", warning, StringComparison.Ordinal);
        Assert.Contains("distzo fork out/run.zol --step 100 --learning-rate 0.0001 ", warning, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', warning);
    }

    [Fact]
    public void DivergenceMonitor_LargeEps_IsTheLikelierCause()
    {
        var monitor = new DivergenceMonitor("run.zol", learningRate: 1e-6, zoEps: 0.1);
        string? warning = null;
        for (var step = 1; step <= 200; step++) warning ??= monitor.Add(step, step <= 50 ? 1 : 2);

        Assert.Contains("zo_eps (0.1)", warning, StringComparison.Ordinal);
        Assert.Contains("--zo-eps 0.01", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void DivergenceMonitor_LossThatFallsWithWavesAndSkips_SaysNothing()
    {
        var monitor = new DivergenceMonitor("run.zol", 1e-6, 1e-3);
        for (var step = 1; step <= 1000; step++)
        {
            var wave = step % 100 < 49 ? 0.3 : 0;
            Assert.Null(monitor.Add(step, step % 10 == 0 ? double.NaN : 2 - (step * 0.001) + wave));
        }
    }

    [Fact]
    public void EarlyStopping_PatienceOfTwo_StopsAtTheSecondEvaluationWithoutABest()
    {
        var stopping = new EarlyStopping(2);
        bool[] bests = [true, false, true, false, false];

        Assert.Equal([false, false, false, false, true], bests.Select(best => stopping.ShouldStop(new EvaluationMetrics(0, [], best))));
    }

    [Fact]
    public void EarlyStopping_NoPatienceSet_NeverStops()
    {
        var stopping = new EarlyStopping(null);

        for (var i = 0; i < 100; i++) Assert.False(stopping.ShouldStop(new EvaluationMetrics(i, [], IsBest: false)));
    }
}
