using DistZO.Devices;

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

    [Fact]
    public void Metrics_OfWrittenAnswers_AreTheMeansOfExactSums()
    {
        var first = Written(2, [(Int128)FixedPoint.One + 3, 0]);
        var second = Written(1, [5, FixedPoint.One]);
        var whole = first.Add(second);
        Assert.Equal(["f1", "exact_match", "loss", "perplexity"], whole.Metrics.Select(metric => metric.Name));
        Assert.Equal((FixedPoint.One + 8.0) / FixedPoint.One / 3, whole.Metrics[0].Value);
        Assert.Equal(1.0 / 3, whole.Metrics[1].Value);
        Assert.Equal(whole.Metrics, second.Add(first).Metrics);
        Assert.Throws<ArgumentException>(() => first.Add(new EvaluationResult(1, 1, 0, 1, 0, 0, null)));
        Assert.Throws<ArgumentException>(() => first.Add(Written(1, [1])));
    }

    [Fact]
    public void Metrics_WithAnAnswerThatCouldNotBeWritten_AreNotNumbers()
    {
        var diverged = Written(2, [FixedPoint.One, 0], unwritten: 1);
        Assert.All(diverged.Metrics.Take(2), metric => Assert.True(double.IsNaN(metric.Value), metric.Name));
        Assert.All(diverged.Add(Written(5, [FixedPoint.One, 0])).Metrics.Take(2), metric => Assert.True(double.IsNaN(metric.Value), metric.Name));
    }

    private static EvaluationResult Written(int rows, Int128[] sums, int unwritten = 0) =>
        new(1, rows, 0, rows, 0, 0, null, new AnswerTotals(["f1", "exact_match"], sums, unwritten));
}
