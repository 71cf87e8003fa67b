using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using static DistZO.Cli.Tests.Planning.TestPlans;

namespace DistZO.Cli.Tests.Planning;

/// <summary>What budgets buy.</summary>
public class TierPlanTests
{
    /// <summary>Bytes that passes take.</summary>
    private const long Working = 50;

    // Four layers, of three parts that are a third of one, or a little more; memory for layers, in layers.
    [Theory]
    [InlineData(4.0, null, 4, 0, 0, 0)]
    [InlineData(3.9, null, 2, 2, 0, 3)]
    [InlineData(0.9, null, 0, 4, 0, 2)]
    [InlineData(3.0, 3.0, 1, 3, 0, 3)]
    [InlineData(3.0, 2.9, 1, 0, 3, 3)]
    public void TierPlan_ByBudget_TakesTheFastestTierThatHoldsThem(double device, double? host, int resident, int hosted, int disk, int buffers)
    {
        var tiers = Fit("tiny", device, host);
        Assert.Equal((resident, hosted, disk, buffers), (tiers.Resident, tiers.Host, tiers.Disk, tiers.Buffers));
    }

    [Fact]
    public void TierPlan_OfMoreLayers_KeepsSomeResident()
    {
        var tiers = Fit("opt-125m", 8, null);
        Assert.Equal((6, 6, 3), (tiers.Resident, tiers.Host, tiers.Buffers));
        Assert.Equal("6 of 12 layers resident; 6 streamed from host memory, through 3 buffers", tiers.Describe());
        var model = Size("opt-125m");
        var (block, part) = (model.BlockBytes, Part(model));
        // Of attention, with both norms.
        Assert.Equal(4L * ((4 * 768 * 768) + (8 * 768)), part);
        Assert.Equal((Besides(model) + (6 * block) + (3 * part), 6 * block), (tiers.DeviceBytes, tiers.HostBytes));
        // What stays is stored too.
        Assert.Equal(2 * model.Bytes, Fit("opt-125m", 8, 1).DiskBytes);
    }

    // Three buffers for a third of a layer, M whole layers and (12 − M)/4 in slices: M = 5 takes 1 + 5 + 1.75, M = 6 would take 8.5.
    [Fact]
    public void TierPlan_InSlices_HoldsEveryLayerOnTheDevices()
    {
        var model = Size("opt-125m");
        TierPlan Shard(double layers) => TierPlan.Of(Request(model, layers, null, isGiven: true), Working, 4, OffloadTier.Shard, hostFolds: false);
        var tiers = Shard(8);
        Assert.Equal((5, 7, 0, 0, 3), (tiers.Resident, tiers.Sharded, tiers.Host, tiers.Disk, tiers.Buffers));
        Assert.Equal(Besides(model) + (3 * Part(model)) + (5 * model.BlockBytes) + (7 * model.BlockBytes / 4), tiers.DeviceBytes);
        Assert.Contains("a slot's slices of the layers", Assert.Throws<BadInputException>(() => Shard(3.6)).Message);
        Assert.Equal((0, 2), (Shard(3.7).Resident, Shard(3.7).Buffers));
    }

    [Fact]
    public void TierPlan_WithoutRoomForTwoParts_SaysWhatIsNeeded()
    {
        var model = Size("tiny");
        var needed = Besides(model) + (2 * Part(model));
        Assert.Equal(needed, Fit("tiny", 2.0 * Part(model) / model.BlockBytes, null).DeviceBytes);
        Assert.Contains($"may be taken on test are too small for this model: {Quantity.BytesNeeded(needed)} are needed in all", Assert.Throws<BadInputException>(() => Fit("tiny", 0.66, null)).Message);
        var request = Request(model, 9, null);
        var given = request with { Budget = request.Budget with { Given = needed - 1 } };
        Assert.Contains($"{Quantity.BytesNeeded(needed)} are needed in all", Assert.Throws<BadInputException>(() => TierPlan.Of(given, Working, 1, null, hostFolds: false)).Message);
    }

    [Fact]
    public void TierPlan_OfANamedTier_HoldsAllLayersThereUnlessABudgetKeepsSome()
    {
        var model = Size("opt-125m");
        Assert.Equal(12, Fit("opt-125m", 12, null, OffloadTier.None).Resident);
        Assert.Contains("with offload: none all weights stay", Assert.Throws<BadInputException>(() => Fit("opt-125m", 11.9, null, OffloadTier.None)).Message);
        Assert.Equal(12, Fit("opt-125m", 19, null, OffloadTier.Host).Host);
        Assert.Equal(12, Fit("opt-125m", 19, null, OffloadTier.Disk).Disk);
        Assert.Contains("--host-memory", Assert.Throws<BadInputException>(() => Fit("opt-125m", 19, 11, OffloadTier.Host)).Message);
        var tiers = TierPlan.Of(Request(model, 7, null, isGiven: true), Working, 1, OffloadTier.Disk, hostFolds: false);
        Assert.Equal((5, 7), (tiers.Resident, tiers.Disk));
    }

    /// <summary>Activations and weights of devices that compute in host memory are in the same memory, and a budget is for weights.</summary>
    [Fact]
    public void TierPlan_InHostMemory_CountsAllOfIt()
    {
        var model = Size("opt-125m");
        PlanRequest Host(double layers, long? given = null) => Request(model, layers, null) with
        {
            Device = Gpu with { Capability = null },
            Budget = new MemoryBudget(Besides(model) + (long)(layers * model.BlockBytes), given, null),
        };
        TierPlan Fit(PlanRequest request, OffloadTier? tier) => TierPlan.Of(request, Working, 1, tier, hostFolds: false);
        Assert.Equal(12, Fit(Host(12), null).Resident);
        // What the device has no room for has none there either.
        Assert.Equal((5, 7), (Fit(Host(7), null).Resident, Fit(Host(7), null).Disk));
        var small = model.EndsBytes + (2 * Part(model));
        var tiers = Fit(Host(13, small), null);
        Assert.Equal((0, 12, small + Working), (tiers.Resident, tiers.Host, tiers.DeviceBytes));
        Assert.Contains("use --offload disk", Assert.Throws<BadInputException>(() => Fit(Host(12, small), OffloadTier.Host)).Message);
        Assert.Contains("all 12 layers resident, which takes", Assert.Throws<BadInputException>(() => Fit(Host(11.9), OffloadTier.None)).Message);
    }

    private static long Besides(ModelSize model) => model.EndsBytes + Working;

    /// <summary>Memory for layers, in layers, beside embedding, head and what passes take; three buffers.</summary>
    private static PlanRequest Request(ModelSize model, double layers, double? host, bool isGiven = false)
    {
        var device = Besides(model) + (long)(layers * model.BlockBytes);
        return TestPlans.Request(model) with { Budget = new MemoryBudget(device, isGiven ? device : null, (long?)(host * model.BlockBytes)), Buffers = 3 };
    }

    private static TierPlan Fit(string shape, double layers, double? host, OffloadTier? tier = null) =>
        TierPlan.Of(Request(Size(shape), layers, host), Working, 1, tier, hostFolds: false);
}
