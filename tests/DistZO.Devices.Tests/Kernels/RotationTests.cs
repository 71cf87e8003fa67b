namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class RotationTests
{
    [SkippableTheory]
    [InlineData(2, 1, 1)]
    [InlineData(20, 3, 17)]
    [InlineData(32, 2, 16)]
    [InlineData(130, 5, 33)]
    public void Rotate_OfAnySize_IsTheReferences(int width, int heads, int tokens) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair and plain"), Scenario.Sequences(tokens));
        var (angles, x) = (s.Input(width), s.Input(width * heads));
        device.Rotate(s.Pass, angles, x);
        s.Keep(x);
        return s.Results;
    });
}
