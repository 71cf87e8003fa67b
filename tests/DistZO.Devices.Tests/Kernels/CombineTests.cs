namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class CombineTests
{
    [SkippableTheory]
    [InlineData(1f, 5, 17, Activation.None, Merge.Replace)]
    [InlineData(0.3f, 24, 33, Activation.None, Merge.Add)]
    [InlineData(-2f, 3, 16, Activation.Silu, Merge.Multiply)]
    [InlineData(1f, 7, 1, Activation.GeluTanh, Merge.Replace)]
    public void Combine_OfAnySize_IsTheReferences(float scale, int features, int tokens, Activation activation, Merge merge) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair and plain"), Scenario.Sequences(tokens));
        var (x, y) = (s.Input(features), s.Input(features));
        device.Combine(s.Pass, scale, x, y, activation, merge);
        s.Keep(y);
        device.Combine(s.Pass, scale, x, x, activation, Merge.Replace);
        s.Keep(x);
        return s.Results;
    });

    [SkippableFact]
    public void Spread_ToAllProbes_IsTheReferences() => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair and plain"), Scenario.Sequences(19));
        var y = s.Output(6);
        device.Spread(s.Pass, s.Input(6), y);
        s.Keep(y);
        return s.Results;
    });

    [SkippableFact]
    public void Scatter_IntoABufferThatStays_IsTheReferences() => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(19));
        var y = s.Output(6);
        device.Scatter(s.Pass, s.Input(6), [.. Enumerable.Range(0, 19).Select(i => 2 * i)], y, 38);
        device.Scatter(s.Pass, new FeatureSlice(s.Input(20), 9), [.. Enumerable.Range(0, 19).Select(i => (2 * i) + 1)], y, 38);
        s.Keep(y);
        return s.Results;
    });
}
