using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Runs.Tests;

public sealed class BestStepTests
{
    [Theory]
    [InlineData("sst2", "auto", "accuracy")]
    [InlineData("none", "auto", "loss")]
    [InlineData("squad", "auto", "f1")]
    [InlineData("squad", "answer", "f1")]
    [InlineData("drop", "exact_match", "f1")]
    [InlineData("copa", "f1", "f1")]
    [InlineData("squad", "{command: [x]}", "score")]
    public void MetricName_ThatIsNotChosen_FollowsFromWhatIsWritten(string task, string objective, string expected)
    {
        var recipe = Recipe.Default.WithFlags([("task", task), ("objective", objective)]);
        Assert.Equal(expected, BestStep.MetricName(recipe));
        BestStep.Require(recipe);
        // The written answers take nothing from what was measured before.
        BestStep.Require(recipe.WithFlags([("metric-for-best-model", "loss")]));
    }

    [Theory]
    [InlineData("squad", "accuracy", "accuracy is not measured of rows without choices; use one of f1, exact_match, loss, perplexity")]
    [InlineData("squad", "score", "score is not measured of rows without choices; use one of f1, exact_match, loss, perplexity")]
    [InlineData("sst2", "f1", "f1 is not measured of rows with choices; use one of accuracy, macro_f1, loss")]
    [InlineData("record", "exact_match", "exact_match is not measured of rows with options of their own; use one of accuracy, loss")]
    public void Require_OfAMetricThatIsNotMeasured_NamesThoseThatAre(string task, string metric, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => BestStep.Require(Recipe.Default.WithFlags([("task", task), ("metric-for-best-model", metric)])));
        Assert.Equal("metric_for_best_model: " + expected, error.Message);
    }

    [Fact]
    public void IsBetter_OfScores_IsTheHigherOne()
    {
        Assert.All(["f1", "exact_match", "score"], metric => Assert.True(BestStep.IsBetter(metric, 0.5, 0.25) && !BestStep.IsBetter(metric, 0.25, 0.5)));
        Assert.False(BestStep.IsBetter("f1", double.NaN, 0));
    }
}
