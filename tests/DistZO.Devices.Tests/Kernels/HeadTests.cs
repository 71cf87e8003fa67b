namespace DistZO.Devices.Tests.Kernels;

/// <summary>What a model ends in: rows are gathered and scored.</summary>
[Collection(SimdTierCollection.Name)]
public class HeadTests
{
    [SkippableTheory]
    [InlineData(1, 5, 1)]
    [InlineData(2, 1, 17)]
    [InlineData(95, 13, 16)]
    [InlineData(96, 385, 33)]
    [InlineData(97, 24, 15)]
    [InlineData(384, 800, 5)]
    [InlineData(1700, 12, 33)]
    public void LogProbabilities_OfAnySize_AreTheReferences(int vocabulary, int features, int tokens) =>
        Check("pair", WeightType.Float32, 1, vocabulary, features, tokens);

    [SkippableTheory]
    [InlineData("plain", WeightType.BFloat16, 0)]
    [InlineData("one sign", WeightType.Float16, 3)]
    [InlineData("two directions", WeightType.BFloat16, 3)]
    [InlineData("three directions", WeightType.Float32, 3)]
    [InlineData("pair and plain", WeightType.Float16, 1)]
    public void LogProbabilities_OfAnyProbesAndFormats_AreTheReferences(string probes, WeightType type, int pending) =>
        Check(probes, type, pending, 200, 40, 19);

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(12, 17)]
    [InlineData(385, 40)]
    public void Gather_OfAnyRows_IsTheReferences(int features, int tokens) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("three directions"), Scenario.Sequences(tokens));
        var x = s.Input(features);
        foreach (var rows in new[] { [tokens - 1], Enumerable.Range(0, tokens).Reverse().ToArray(), [0, 0, tokens / 2] })
        {
            var y = s.Output(features);
            device.Gather(s.Pass, x, rows, y);
            Assert.Equal(rows.Length, y.Tokens);
            s.Keep(y);
        }

        return s.Results;
    });

    private static void Check(string probes, WeightType type, int pending, int vocabulary, int features, int tokens) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of(probes), Scenario.Sequences(tokens), pending);
            var head = s.Tensor(TensorRole.Matrix, type, [vocabulary, features]);
            var x = s.Input(features);

            // Several targets of one row, the same twice, and none of the second row.
            TokenTarget[] targets =
            [
                new(0, 0), new(0, vocabulary - 1), new(0, 0),
                .. Enumerable.Range(2, Math.Max(0, tokens - 2)).Select(row => new TokenTarget(row, row * 61 % vocabulary)),
            ];
            var result = new double[targets.Length * s.Pass.Probes.Count];
            device.LogProbabilities(s.Pass, head, null, x, targets, result);
            Assert.All(result, logarithm => Assert.InRange(logarithm, -1000, 1e-5));
            s.Keep(result);
            s.Keep(head);
            var bias = s.Tensor(TensorRole.Bias, type, [vocabulary]);
            device.LogProbabilities(s.Pass, head, bias, x, targets, result);
            s.Keep(result);
            s.Keep(bias);
            return s.Results;
        });
}
