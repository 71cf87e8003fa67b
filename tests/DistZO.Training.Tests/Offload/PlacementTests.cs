using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests.Offload;

/// <summary>What a budget of device memory buys.</summary>
public class PlacementTests
{
    // Embedding and head of 100 bytes together, ten layers of 800 as they are held, in two parts.
    private static readonly long[][] Whole = [[60], .. Enumerable.Repeat<long[]>([400, 400], 10), [40]];
    private static readonly long[][] Half = [[60], .. Enumerable.Repeat<long[]>([200, 200], 10), [40]];
    private static readonly long[][] Eighth = [[60], .. Enumerable.Repeat<long[]>([50, 50], 10), [40]];

    [Fact]
    public void Budget_WhereWhatComesIsRounded_KeepsMoreLayers()
    {
        const long device = 100 + (5 * 400) + 800;
        Assert.Equal(9, Of(Whole, device, null).Streamed.Count);
        // Five buffers of 200: one layer more.
        Assert.Equal(10 - 2, Of(Whole, device, Half).Streamed.Count);
        // One whole part is more than five of 50.
        Assert.Equal(10 - 3, Of(Whole, device, Eighth).Streamed.Count);
        Assert.All(new[] { null, Half, Eighth }, folded => Assert.InRange(Of(Whole, device, folded).DeviceBytes, 1, device));
    }

    [Fact]
    public void SmallestBudget_IsTwoBuffersOrOneWholePart()
    {
        foreach (var (folded, needed) in new[] { (null, 900L), (Half, 500L), (Eighth, 500L) })
        {
            Assert.Equal(needed, Of(Whole, needed, folded).DeviceBytes);
            Assert.Contains("too small", Assert.Throws<BadInputException>(() => Of(Whole, needed - 1, folded)).Message);
        }

        Assert.Equal(2, Of(Whole, 500, Half).Buffers);
        Assert.Equal(5, Of(Whole, 500, Eighth).Buffers);
        Assert.Equal(3, Of(Whole, 100 + (3 * 400), null).Buffers);
    }

    [Fact]
    public void HostMemory_HoldsWhatIsOnItsWayToo()
    {
        Assert.Equal(0, Of(Whole, 500 + 400, null).StagingBytes);
        var host = Placement.Of(Whole, OffloadTier.Host, null, 8000 + 1000, null, folded: Half);
        Assert.Equal((1000, 8000), (host.StagingBytes, host.StreamedBytes));
        Assert.Contains("5 parts of them once more", Assert.Throws<BadInputException>(() => Placement.Of(Whole, OffloadTier.Host, null, 8000 + 999, null, folded: Half)).Message);
        // Without a tier, what does not fit there comes from disk, through five parts of layers in host memory.
        var disk = Placement.Of(Whole, null, 1100, 1000, null, folded: Half);
        Assert.Equal((OffloadTier.Disk, 1000 + 2000), (disk.Tier, disk.StagingBytes));
    }

    private static Placement Of(long[][] blocks, long device, long[][]? folded) => Placement.Of(blocks, null, device, null, null, folded: folded);
}
