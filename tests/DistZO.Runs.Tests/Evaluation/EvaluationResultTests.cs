namespace DistZO.Runs.Tests;

public sealed class EvaluationResultTests
{
    [Fact]
    public void Accuracy_WithARowThatHasNoFiniteScore_IsNotANumberAndNeverTheBest()
    {
        var confusion = new ConfusionTable(["no", "yes"]);
        confusion.Add(0, 0);
        var sound = new EvaluationResult(1, 1, 0, 1, 0, 0, confusion);
        var diverged = new EvaluationResult(2, 2, 0, 2, 1, 1, confusion);
        Assert.Equal(1.0, sound.Accuracy);
        Assert.True(double.IsNaN(diverged.Accuracy));
        Assert.All(diverged.Metrics, metric => Assert.True(double.IsNaN(metric.Value), metric.Name));
        Assert.False(BestStep.IsBetter("accuracy", diverged.Accuracy, sound.Accuracy));
    }
}
