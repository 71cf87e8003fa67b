using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests.Offload;

/// <summary>What a budget of device memory buys.</summary>
public class PlacementTests
{
    // Embedding and head of 100 bytes together, ten layers of 400 as they are held.
    private static readonly long[] Whole = [60, .. Enumerable.Repeat(400L, 10), 40];
    private static readonly long[] Half = [60, .. Enumerable.Repeat(200L, 10), 40];
    private static readonly long[] Quarter = [60, .. Enumerable.Repeat(100L, 10), 40];

    [Fact]
    public void Budget_WhereWhatComesIsRounded_KeepsMoreLayers()
    {
        const long device = 100 + (3 * 400) + 400;
        Assert.Equal(9, Of(Whole, device, null).Streamed.Count);
        // Three buffers of 200: one layer and a half more.
        Assert.Equal(10 - 2, Of(Whole, device, Half).Streamed.Count);
        // One whole layer is more than three of 100.
        Assert.Equal(10 - 3, Of(Whole, device, Quarter).Streamed.Count);
        Assert.All(new[] { null, Half, Quarter }, folded => Assert.InRange(Of(Whole, device, folded).DeviceBytes, 1, device));
    }

    [Fact]
    public void SmallestBudget_IsTwoBuffersOrOneWholeLayer()
    {
        foreach (var (folded, needed) in new[] { (null, 900L), (Half, 500L), (Quarter, 500L) })
        {
            Assert.Equal(needed, Of(Whole, needed, folded).DeviceBytes);
            Assert.Contains("too small", Assert.Throws<BadInputException>(() => Of(Whole, needed - 1, folded)).Message);
        }

        Assert.Equal(2, Of(Whole, 500, Half).Buffers);
        Assert.Equal(3, Of(Whole, 500, Quarter).Buffers);
    }

    [Fact]
    public void HostMemory_HoldsWhatIsOnItsWayToo()
    {
        Assert.Equal(0, Of(Whole, 500 + 400, null).StagingBytes);
        var host = Placement.Of(Whole, OffloadTier.Host, null, 4000 + 600, null, folded: Half);
        Assert.Equal((600, 4000), (host.StagingBytes, host.StreamedBytes));
        Assert.Contains("3 of them once more", Assert.Throws<BadInputException>(() => Placement.Of(Whole, OffloadTier.Host, null, 4000 + 599, null, folded: Half)).Message);
        // Without a tier, what does not fit there comes from disk, through three layers of host memory.
        var disk = Placement.Of(Whole, null, 900, 1000, null, folded: Half);
        Assert.Equal((OffloadTier.Disk, 600 + 1200), (disk.Tier, disk.StagingBytes));
    }

    private static Placement Of(long[] blocks, long device, long[]? folded) => Placement.Of(blocks, null, device, null, null, folded: folded);
}
