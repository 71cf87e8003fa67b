using DistZO.Devices.Cpu;

namespace DistZO.Devices.Tests.Kernels;

/// <summary>World-size invariance begins here: what a sample comes to depends on nothing but the sample.</summary>
[Collection(SimdTierCollection.Name)]
public class InvarianceTests
{
    private const string Probes = "pair";

    [Fact]
    public void Model_OnAnyThreads_HasTheSameBits() => SameBits.OnAnyThreads(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("three directions"), Scenario.Sequences(40, 1, 17, 66), pending: 2);
        var model = new SmallModel(device, s);
        var tokens = s.Pass.Tokens.Length;
        int[] ids = [.. Enumerable.Range(0, tokens).Select(t => t * 37 % SmallModel.Vocabulary)];
        TokenTarget[] targets = [.. ids.Select((id, row) => new TokenTarget(row, id))];
        var result = new double[s.Pass.Probes.Count * targets.Length];
        model.Run(ids, [.. Enumerable.Range(0, tokens)], targets, result);
        s.Keep(result);
        foreach (var parameter in model.Parameters) s.Keep(parameter);
        return s.Results;
    });

    /// <summary>Alone, first, last, and behind neighbours that put it at another lane of its tile.</summary>
    [SkippableTheory]
    [InlineData(0, 9)]
    [InlineData(16, 0)]
    [InlineData(3, 5)]
    [InlineData(29, 40)]
    public void Sample_InAnyBatch_HasTheSameBits(int before, int after)
    {
        Skip.If(!SameBits.VectorTiers.Any(), "this processor has no vector instructions that .NET knows");
        foreach (var tier in SameBits.VectorTiers)
        {
            using var scope = new TierScope(tier);
            using var device = CpuDevice.Open(2);
            var alone = Score(device, 0, 0);
            Assert.Equal(alone, Score(device, before, after));
            Assert.DoesNotContain(alone, double.IsNaN);
        }
    }

    /// <summary>Log-probabilities of a sample of 23 tokens between neighbours of these lengths.</summary>
    private static double[] Score(Device device, int before, int after)
    {
        const int Length = 23;
        int[] lengths = [.. new[] { before, Length, after }.Where(length => length > 0)];
        using var s = new Scenario(device, ProbeSets.Of(Probes), Scenario.Sequences(lengths), pending: 1);
        var model = new SmallModel(device, s);
        int[] ids =
        [
            .. Enumerable.Repeat(200, before),
            .. Enumerable.Range(0, Length).Select(t => t * 31 % SmallModel.Vocabulary),
            .. Enumerable.Repeat(100, after),
        ];
        int[] rows = [.. Enumerable.Range(before, Length)];
        TokenTarget[] targets = [.. Enumerable.Range(0, Length).Select(row => new TokenTarget(row, row * 9))];
        var result = new double[s.Pass.Probes.Count * targets.Length];
        model.Run(ids, rows, targets, result);
        return result;
    }
}
