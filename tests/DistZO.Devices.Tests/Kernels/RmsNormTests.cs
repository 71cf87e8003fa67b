namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class RmsNormTests
{
    /// <summary>Over all features, or over each of several heads.</summary>
    [SkippableTheory]
    [InlineData(1, 1, 1, WeightType.Float32)]
    [InlineData(13, 1, 17, WeightType.BFloat16)]
    [InlineData(16, 3, 16, WeightType.Float32)]
    [InlineData(20, 7, 33, WeightType.Float16)]
    [InlineData(385, 1, 18, WeightType.Float32)]
    public void RmsNorm_OfAnySize_IsTheReferences(int width, int heads, int tokens, WeightType type) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("three directions"), Scenario.Sequences(tokens), pending: 2);
        var scale = s.Tensor(TensorRole.Norm, type, [width]);
        var x = s.Input(width * heads);
        var y = s.Output(width * heads);
        device.RmsNorm(s.Pass, scale, 1e-5f, x, y);
        s.Keep(y);
        device.RmsNorm(s.Pass, scale, 1e-5f, x, x);
        s.Keep(x);
        s.Keep(scale);
        return s.Results;
    });
}
