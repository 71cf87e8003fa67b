namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class LayerNormTests
{
    [SkippableTheory]
    [InlineData(1, 1, true, true)]
    [InlineData(5, 17, true, true)]
    [InlineData(13, 16, true, false)]
    [InlineData(16, 15, false, true)]
    [InlineData(176, 33, false, false)]
    [InlineData(385, 129, true, true)]
    [InlineData(800, 2, true, true)]
    public void LayerNorm_OfAnySize_IsTheReferences(int features, int tokens, bool hasScale, bool hasShift) =>
        Check("three directions", WeightType.Float32, features, tokens, hasScale, hasShift);

    [SkippableTheory]
    [InlineData(WeightType.BFloat16)]
    [InlineData(WeightType.Float16)]
    public void LayerNorm_OfAnyFormat_IsTheReferences(WeightType type) => Check("pair", type, 37, 18, true, true);

    private static void Check(string probes, WeightType type, int features, int tokens, bool hasScale, bool hasShift) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of(probes), Scenario.Sequences(tokens), pending: 2);
            var scale = s.Tensor(TensorRole.Norm, type, [features]);
            var shift = s.Tensor(TensorRole.Norm, type, [features]);
            var x = s.Input(features);
            var y = s.Output(features);
            device.LayerNorm(s.Pass, hasScale ? scale : null, hasShift ? shift : null, 1e-5f, x, y);
            s.Keep(y);
            device.LayerNorm(s.Pass, hasScale ? scale : null, hasShift ? shift : null, 1e-5f, x, x);
            s.Keep(x);
            s.Keep(scale);
            s.Keep(shift);
            return s.Results;
        });
}
