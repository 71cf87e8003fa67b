namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class LookupTests
{
    public static TheoryData<string> ProbeNames => ProbeSets.Names;

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(5, 15)]
    [InlineData(12, 16)]
    [InlineData(13, 17)]
    [InlineData(385, 33)]
    [InlineData(32, 129)]
    public void Lookup_OfAnySize_IsTheReferences(int features, int tokens) => Check("pair", WeightType.Float32, 1, features, tokens, false);

    [SkippableTheory]
    [MemberData(nameof(ProbeNames))]
    public void Lookup_WithAnyProbes_IsTheReferences(string probes) => Check(probes, WeightType.Float32, 1, 19, 33, false);

    [SkippableTheory]
    [InlineData(WeightType.Float32, 0, true)]
    [InlineData(WeightType.Float32, 3, true)]
    [InlineData(WeightType.BFloat16, 1, true)]
    [InlineData(WeightType.BFloat16, 3, false)]
    [InlineData(WeightType.Float16, 3, true)]
    [InlineData(WeightType.Float16, 0, false)]
    public void Lookup_OfAnyFormatAndPendingSteps_IsTheReferences(WeightType type, int pending, bool foldsElsewhere) =>
        Check("pair", type, pending, 21, 37, foldsElsewhere);

    /// <summary>A tied table is seen through its pending updates, and stored unchanged until the head's visit folds it.</summary>
    [SkippableTheory]
    [InlineData(WeightType.Float32)]
    [InlineData(WeightType.BFloat16)]
    [InlineData(WeightType.Float16)]
    public void TiedTable_LookedUpThenScored_IsTheReferences(WeightType type) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(9), pending: 3);
        var table = s.Tensor(TensorRole.Embedding, type, [131, 24]);
        var x = s.Output(24);
        device.Lookup(s.Pass, table, [130, 0, 7, 7, 96, 95, 1, 2, 3], x, accumulate: false, foldsElsewhere: true);
        s.Keep(x);
        s.Keep(table);
        TokenTarget[] targets = [new(0, 130), new(8, 0)];
        var result = new double[2 * targets.Length];
        device.LogProbabilities(s.Pass, table, null, x, targets, result);
        s.Keep(result);
        s.Keep(table);
        Assert.Equal(3, table.FoldedTo);
        return s.Results;
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    public void Lookup_OfARowThatIsNotThere_IsRefused(int row)
    {
        using var device = Cpu.CpuDevice.Open(2);
        using var s = new Scenario(device, ProbeSets.Of("plain"), Scenario.Sequences(1));
        var table = s.Tensor(TensorRole.Embedding, WeightType.Float32, [11, 4]);
        var y = s.Output(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Lookup(s.Pass, table, [row], y, accumulate: false, foldsElsewhere: false));
    }

    private static void Check(string probes, WeightType type, int pending, int features, int tokens, bool foldsElsewhere) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of(probes), Scenario.Sequences(tokens), pending);
            var tokenTable = s.Tensor(TensorRole.Embedding, type, [11, features]);
            var positionTable = s.Tensor(TensorRole.Embedding, type, [tokens + 2, features]);
            var y = s.Output(features);
            device.Lookup(s.Pass, tokenTable, [.. Enumerable.Range(0, tokens).Select(t => t * 7 % 11)], y, false, foldsElsewhere);
            device.Lookup(s.Pass, positionTable, [.. Enumerable.Range(2, tokens)], y, accumulate: true, foldsElsewhere: false);
            s.Keep(y);
            s.Keep(tokenTable);
            s.Keep(positionTable);
            return s.Results;
        });
}
