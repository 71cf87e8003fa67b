using DistZO.Devices.Cpu;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Tests;

[Collection(SimdTierCollection.Name)]
public sealed class DeviceSelfTestTests
{
    [Fact]
    public void Require_OnTheReference_Passes()
    {
        using var device = new ReferenceDevice();
        Assert.Equal(DeviceSelfTest.Expected, DeviceSelfTest.Fingerprint(device));
        DeviceSelfTest.Require(device);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Require_OnTheCpuAtAnyWidth_Passes(int threads)
    {
        foreach (var tier in Enum.GetValues<SimdTier>().Where(tier => tier <= SimdSupport.Best))
        {
            using var scope = new TierScope(tier);
            using var device = CpuDevice.Open(threads);
            DeviceSelfTest.Require(device);
        }
    }

    [Fact]
    public void Require_OnADeviceThatIsWrongByOneBit_Fails()
    {
        using var device = new WrongDevice();
        var error = Assert.Throws<RunFailedException>(() => DeviceSelfTest.Require(device));
        Assert.Contains("self-test", error.Message);
    }
}
