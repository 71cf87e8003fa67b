using DistZO.Devices;

namespace DistZO.Optimization.Tests;

public class MezoSgdTests
{
    private const long One = 1L << 32;

    [Fact]
    public void Commit_OfOneDirection_FollowsTheContractsOrderOfOperations()
    {
        var method = Method("learning_rate: 0.001\nweight_decay: 0.1\nzo_eps: 0.001\nseed: 7");
        var record = method.Commit(5, [new(3 * One + 12345, false), new(3 * One - 54321, false)], 16);

        double epsilon = 0.001f;
        var g = (12345.0 + 54321.0) * Math.ScaleB(1, -32) / (2 * epsilon * 16);
        Assert.Equal(
            new StepRecord(
                5, StepStatus.Applied, Optimization.Method.MezoSgd,
                [new(Philox.DirectionSeed(7, 5, 0), 3 * One + 12345, 3 * One - 54321, (float)-(0.001 * g))],
                16, (float)(1 - (0.001 * 0.1))),
            record);
        Assert.Equal(g, method.ProjectedGradient(record.Directions[0], record.Terms));
        Assert.Equal((6.0 * One - 41976) / One / 32, record.MeanLoss);
    }

    [Fact]
    public void Commit_OfHugeSums_SubtractsBeforeItRounds()
    {
        // Apart from each other both sums would round to the same binary64.
        const long big = (1L << 62) - 2;
        var record = Method("zo_eps: 1\nlearning_rate: 1").Commit(0, [new(big + 1, false), new(big, false)], 1);
        Assert.Equal(-MathF.ScaleB(1, -33), record.Directions[0].Coefficient);
    }

    [Fact]
    public void Commit_OfManyDirections_DividesByTheirNumber()
    {
        var record = Method("num_directions: 3\nzo_eps: 0.5\nlearning_rate: 1").Commit(
            0, [new(One, false), new(0, false), new(0, false), new(One, false), new(5, false), new(5, false)], 1);
        Assert.Equal([(float)-(1.0 / 3), (float)(1.0 / 3), 0f], record.Directions.Select(d => d.Coefficient));
        Assert.Equal(StepStatus.Applied, record.Status);
    }

    [Theory]
    [InlineData(1, -0.25f)]
    [InlineData(-1, 0.25f)]
    public void Commit_WithClipping_ClampsBothWays(int sign, float coefficient)
    {
        var method = Method("clip_projected_gradient: 0.25\nzo_eps: 0.5\nlearning_rate: 1");
        var record = method.Commit(0, [new(sign * One, false), new(0, false)], 1);
        Assert.Equal(coefficient, record.Directions[0].Coefficient);
    }

    [Fact]
    public void Commit_OfEqualLosses_IsAnOrdinaryStepThatDecays()
    {
        var record = Method("learning_rate: 0.5\nweight_decay: 1").Commit(0, [new(9, false), new(9, false)], 1);
        Assert.Equal(StepStatus.Applied, record.Status);
        Assert.Equal(0.5f, record.ToUpdate().Decay);
        Assert.Equal(0f, record.ToUpdate().Directions[0].Coefficient);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Commit_WithAFlag_IsTheOneSkippedRecord(int flagged)
    {
        var probes = new ProbeSum[4];
        probes[flagged] = new ProbeSum(0, true);
        Assert.Equal(StepRecord.Skip(8, Optimization.Method.MezoSgd), Method("num_directions: 2\nweight_decay: 1").Commit(8, probes, 4));
    }

    [Theory]
    [InlineData("learning_rate: 1e300")]
    [InlineData("learning_rate: 1e39\nzo_eps: 1")]
    [InlineData("weight_decay: 1e300\nlearning_rate: 1")]
    [InlineData("learning_rate: 1e300\nzo_eps: 1e-30\nclip_projected_gradient: 1e300")]
    public void Commit_WithACoefficientThatIsNotFinite_IsSkipped(string yaml) =>
        Assert.Equal(StepRecord.Skip(0, Optimization.Method.MezoSgd), Method(yaml).Commit(0, [new(One, false), new(-One, false)], 1));

    [Theory]
    [InlineData("seed: 0")]
    [InlineData("seed: 0\nclip_projected_gradient: 1")]
    public void Commit_OfNoTerms_IsSkipped(string yaml) =>
        Assert.Equal(StepRecord.Skip(0, Optimization.Method.MezoSgd), Method(yaml).Commit(0, [default, default], 0));

    [Fact]
    public void Skip_ToUpdate_ChangesNothing()
    {
        var update = StepRecord.Skip(3, Optimization.Method.MezoSgd).ToUpdate();
        Assert.Equal(1f, update.Decay);
        Assert.Empty(update.Directions);
    }

    [Fact]
    public void Probes_StandInPairsOfOneSeed()
    {
        var probes = Method("num_directions: 2\nzo_eps: 0.01").Probes(4);
        Assert.Equal([0.01f, -0.01f, 0.01f, -0.01f], probes.Select(p => p.Scale));
        Assert.Equal(probes[0].Seed, probes[1].Seed);
        Assert.NotEqual(probes[1].Seed, probes[2].Seed);
        Assert.All(probes, p => Assert.True(p.Perturbed));
    }

    private static MezoSgd Method(string yaml) => new(Recipe.ParseYaml(yaml, "r.yaml"));
}
