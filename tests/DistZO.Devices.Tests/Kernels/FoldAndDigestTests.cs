namespace DistZO.Devices.Tests.Kernels;

/// <summary>Weights change in one place only; these are the device's own calls, cut into tasks.</summary>
[Collection(SimdTierCollection.Name)]
public class FoldAndDigestTests
{
    [SkippableTheory]
    [InlineData(WeightType.Float32, 1)]
    [InlineData(WeightType.Float32, 16385)]
    [InlineData(WeightType.BFloat16, 16384)]
    [InlineData(WeightType.BFloat16, 3)]
    [InlineData(WeightType.Float16, 33001)]
    public void Fold_OfAnySize_IsTheReferences(WeightType type, int length) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("plain"), Scenario.Sequences(1), pending: 3);
        var parameter = s.Tensor(TensorRole.Matrix, type, [length]);
        s.Keep(parameter);
        device.Fold(parameter, s.Pass.Updates, 1);
        s.Keep(parameter);
        device.Fold(parameter, s.Pass.Updates, 3);
        s.Keep(parameter);
        return s.Results;
    });

    /// <summary>A digest in several tasks: of a task's bytes, a few less and a few more.</summary>
    [SkippableTheory]
    [InlineData((1 << 18) - 2)]
    [InlineData(1 << 18)]
    [InlineData((1 << 18) + 2)]
    [InlineData((3 << 18) + 6)]
    public void Digest_OfSeveralTasks_IsTheReferences(int bytes) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("plain"), Scenario.Sequences(1));
        s.Keep(s.Tensor(TensorRole.Matrix, WeightType.BFloat16, [bytes / 2]));
        return s.Results;
    });

    [Fact]
    public void Fold_BackToAnEarlierStep_IsRefused()
    {
        using var device = Cpu.CpuDevice.Open(2);
        using var s = new Scenario(device, ProbeSets.Of("plain"), Scenario.Sequences(1), pending: 2);
        var parameter = s.Tensor(TensorRole.Matrix, WeightType.Float32, [10]);
        device.Fold(parameter, s.Pass.Updates, 2);
        Assert.Throws<InvalidOperationException>(() => device.Fold(parameter, s.Pass.Updates, 1));
    }
}
