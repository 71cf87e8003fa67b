namespace DistZO.Training.Tests;

public class ObjectiveTests
{
    private static EncodedExample Sample(int label, params int[][] options) =>
        new([2], [.. options.Select(option => new EncodedOption(option, 0))], label, 1);

    private static double[] Terms(double[] logProbabilities, params EncodedExample[] samples)
    {
        var batch = new PackedBatch();
        batch.Pack(samples);
        double[] terms = new double[batch.Terms];
        Objective.Terms(batch, logProbabilities, terms);
        return terms;
    }

    [Fact]
    public void Terms_OfAChoice_AreTheCrossEntropyOfMeanLogProbabilities()
    {
        double term = Assert.Single(Terms([-1, -3, -4, -0.5], Sample(1, [5, 6], [7], [8])));

        // Means: −2, −4, −0.5.
        Assert.Equal(Math.Log(Math.Exp(-2) + Math.Exp(-4) + Math.Exp(-0.5)) + 4, term, 14);
    }

    [Fact]
    public void Terms_OfTokens_AreTheirNegativeLogProbabilities() =>
        Assert.Equal([0.25, 3, 1], Terms([-0.25, -3, -1], Sample(0, [5, 6]), Sample(0, [7])));

    [Fact]
    public void Terms_OfASample_DoNotDependOnTheBatchAroundIt()
    {
        var choice = Sample(0, [5, 6, 7], [8, 9]);
        double[] own = [-0.1, -2.3, -0.7, -1.1, -0.2];

        double alone = Terms(own, choice)[0];
        double[] together = Terms([-1, .. own, -2, -3, .. own], Sample(0, [1]), choice, Sample(0, [1, 2]), choice);

        Assert.Equal([1, alone, 2, 3, alone], together);
    }

    [Fact]
    public void Terms_OfVeryUnlikelyOptions_DoNotUnderflow() =>
        Assert.Equal(300, Assert.Single(Terms([-1000, -700], Sample(0, [5], [6]))));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void Terms_OfALabelWithoutAProbability_AreNotFinite(double value) =>
        Assert.False(double.IsFinite(Assert.Single(Terms([value, -1], Sample(0, [5], [6])))));

    [Fact]
    public void Terms_OfMoreOptionsThanTheStackHolds_AreTheSame()
    {
        int[][] options = [.. Enumerable.Range(0, 1000).Select(i => (int[])[i])];

        Assert.Equal(Math.Log(1000), Assert.Single(Terms([.. Enumerable.Repeat(-2.0, 1000)], Sample(7, options))), 14);
    }

    [Fact]
    public void Terms_OfAPackedBatch_AllocateNothing()
    {
        var batch = new PackedBatch();
        batch.Pack([Sample(0, [5, 6], [7]), Sample(0, [8, 9])]);
        double[] terms = new double[batch.Terms];
        double[] values = new double[batch.Targets.Length];
        Objective.Terms(batch, values, terms);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Objective.Terms(batch, values, terms);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(0, new[] { -1.0, -3, -4, -2.5 }, 0)]
    [InlineData(1, new[] { -1.0, -3, -4, -2.5 }, 1)]
    [InlineData(0, new[] { -3.0, -3, -4, -3 }, 0)] // Equal scores: the first is the prediction.
    [InlineData(2, new[] { -3.0, -3, -4, -3 }, 1)]
    [InlineData(0, new[] { double.NegativeInfinity, -3, -4, -3 }, 1)]
    [InlineData(2, new[] { double.NaN, -3, -4, -3 }, double.NaN)]
    public void Terms_OfAChoiceUnderAccuracy_AreErrors(int label, double[] logProbabilities, double expected) =>
        Assert.Equal(expected, Assert.Single(Errors(logProbabilities, Sample(label, [5, 6], [7], [8]))));

    [Fact]
    public void Terms_UnderAccuracy_TakeEveryRightOption()
    {
        var sample = new EncodedExample([2], [new([5], 0), new([6], 0), new([7], 0)], 0, 1) { AlsoRight = [2] };

        Assert.Equal([0, 1, 0], (double[])[Errors([-1, -2, -3], sample)[0], Errors([-2, -1, -3], sample)[0], Errors([-3, -2, -1], sample)[0]]);
    }

    private static double[] Errors(double[] logProbabilities, EncodedExample sample)
    {
        var batch = new PackedBatch();
        batch.Pack([sample]);
        double[] terms = new double[batch.Terms];
        Objective.Terms(batch, logProbabilities, terms, countsErrors: true);
        return terms;
    }

    [Theory]
    [InlineData(new[] { -1.0, -1.0 }, 0)]
    [InlineData(new[] { -2.0, -1.0, -1.0 }, 1)]
    [InlineData(new[] { double.NaN, -9.0 }, 1)]
    [InlineData(new[] { -9.0, double.NaN }, 0)]
    [InlineData(new[] { double.NaN, double.NaN }, 0)]
    public void Best_OfScores_IsTheFirstOfTheHighest(double[] scores, int expected) => Assert.Equal(expected, Objective.Best(scores));
}
