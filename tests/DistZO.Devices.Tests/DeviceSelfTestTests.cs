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

    public static TheoryData<string> Kernels => [.. Enum.GetNames<WrongKernel>()];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Require_OnADeviceWithAWrongKernel_Fails(string kernel)
    {
        using var device = new WrongDevice(Enum.Parse<WrongKernel>(kernel));
        var error = Assert.Throws<RunFailedException>(() => DeviceSelfTest.Require(device));
        Assert.Contains("self-test", error.Message);
    }
}
