using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Tests.Planning;

/// <summary>From a model's shapes to tiers, shares and seconds.</summary>
public class PlannerTests
{
    private const int Kilo = 1000;

    /// <summary>100 bytes besides the layers.</summary>
    private static readonly FixedNeeds Besides = new(50, 30, 20);

    // Rates at which seconds can be worked out from numbers of weights.
    private static readonly DeviceProfile Device = new()
    {
        Name = "test",
        HalfRate = 1e6,
        SingleRate = 1e6,
        ZRate = 1e5,
        Memory = 1000 * Kilo * Kilo,
        UploadRate = 1e5,
        DownloadRate = 1e5,
        FabricRate = 1e6,
    };

    [Fact]
    public void ModelSize_OfAPublishedShape_HasItsNumberOfWeights()
    {
        // OPT: 12·h² + 13·h a layer, the tied table, positions from row 2 on, the final norm.
        var size = Size("opt-175b", WeightType.Float16);
        const long H = 12288;
        Assert.Equal((12 * H * H) + (13 * H), size.BlockTrained);
        Assert.Equal((50272 + 2048 + 2 + 2) * H, size.EndsTrained);
        Assert.Equal((96 * size.BlockTrained) + size.EndsTrained, size.Parameters);
        Assert.Equal(2 * size.Parameters, size.Bytes);
        Assert.Equal(12 * H * H, size.BlockMatrices);
    }

    [Theory]
    [InlineData("llama2-7b", 6_738_415_616)]
    [InlineData("llama3-8b", 8_030_261_248)]
    [InlineData("llama3-70b", 70_553_706_496)]
    [InlineData("qwen2-7b", 7_615_616_512)]
    public void ModelSize_OfANamedShape_IsThatOfTheCheckpoint(string shape, long parameters) => Assert.Equal(parameters, Size(shape).Parameters);

    [Fact]
    public void BlockOperations_OfCausalAttention_CountEachPairThatIsSeen()
    {
        var size = Size("tiny");
        Assert.Equal((2.0 * 12 * 256 * 256 * 10) + (4.0 * 256 * 55), size.BlockOperations(10));
    }

    [Theory]
    [InlineData(ParallelismKind.Pertp, 2, 1, 5, "1/1/5 1/1/5")]
    [InlineData(ParallelismKind.Pertp, 4, 1, 5, "1/1/5 1/1/5")]
    [InlineData(ParallelismKind.Pertp, 3, 2, 5, "2/1/5 1/1/5 1/1/5")]
    [InlineData(ParallelismKind.Pertp, 3, 3, 1, "2/1/1 2/1/1 2/1/1")]
    [InlineData(ParallelismKind.Dp, 2, 3, 5, "6/3/3 6/3/2")]
    [InlineData(ParallelismKind.TwoD, 4, 1, 5, "1/1/3 1/1/2 1/1/3 1/1/2")]
    [InlineData(ParallelismKind.TwoD, 8, 2, 4, "1/1/2 1/1/2 1/1/2 1/1/2 1/1/2 1/1/2 1/1/2 1/1/2")]
    public void GridSplit_OfAGrid_IsEven(ParallelismKind kind, int devices, int directions, int samples, string shares) =>
        Assert.Equal(shares, string.Join(' ', GridSplit.Of(kind, devices, directions, samples)!.Shares.Select(share => $"{share.Probes}/{share.Directions}/{share.Samples}")));

    [Theory]
    [InlineData(ParallelismKind.TwoD, 3, 4)]
    [InlineData(ParallelismKind.TwoD, 4, 1)]
    [InlineData(ParallelismKind.Dp, 2, 1)]
    public void GridSplit_ThatCutsNothing_IsNone(ParallelismKind kind, int devices, int samples) => Assert.Null(GridSplit.Of(kind, devices, 1, samples));

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
        var (block, part) = (Size("opt-125m").BlockBytes, Size("opt-125m").PartBytes);
        // Of attention, with both norms.
        Assert.Equal(4L * ((4 * 768 * 768) + (8 * 768)), part);
        Assert.Equal((100 + (6 * block) + (3 * part), 6 * block), (tiers.DeviceBytes, tiers.HostBytes));
        Assert.Equal(2 * 6 * block, Fit("opt-125m", 8, 1).DiskBytes);
    }

    // Three buffers for a third of a layer, M whole layers and (12 − M)/4 in slices: M = 5 takes 1 + 5 + 1.75, M = 6 would take 8.5.
    [Fact]
    public void TierPlan_InSlices_HoldsEveryLayerOnTheDevices()
    {
        var model = Size("opt-125m");
        var tiers = TierPlan.Shard(model, Besides, Budget(model, 8, null), null, 3, 4)!;
        Assert.Equal((5, 7, 0, 0, 3), (tiers.Resident, tiers.Sharded, tiers.Host, tiers.Disk, tiers.Buffers));
        Assert.Equal(100 + (3 * model.PartBytes) + (5 * model.BlockBytes) + (7 * model.BlockBytes / 4), tiers.DeviceBytes);
        Assert.Null(TierPlan.Shard(model, Besides, Budget(model, 3.6, null), null, 3, 4));
        var least = TierPlan.Shard(model, Besides, Budget(model, 3.7, null), null, 3, 4)!;
        Assert.Equal((0, 2), (least.Resident, least.Buffers));
    }

    [Fact]
    public void TierPlan_WithoutRoomForOnePart_SaysWhatIsNeeded()
    {
        var model = Size("tiny");
        Assert.Contains($"which takes {Quantity.BytesNeeded(100 + (2 * model.PartBytes))} (embedding", Assert.Throws<BadInputException>(() => Fit("tiny", 0.66, null)).Message);
        var weights = Budget(model, 9, null) with { Weights = 50 + (2 * model.PartBytes) - 1 };
        var problem = Assert.Throws<BadInputException>(() => TierPlan.Fit(model, Besides, weights, null, 3)).Message;
        Assert.Contains($"which takes {Quantity.BytesNeeded(50 + (2 * model.PartBytes))}, 50 B of it", problem);
    }

    [Fact]
    public void TierPlan_OfANamedTier_HoldsAllLayersThereUnlessABudgetKeepsSome()
    {
        var model = Size("opt-125m");
        Assert.Equal(12, Fit("opt-125m", 12, null, OffloadTier.None).Resident);
        Assert.Contains("do not hold all of the model", Assert.Throws<BadInputException>(() => Fit("opt-125m", 11.9, null, OffloadTier.None)).Message);
        Assert.Equal(12, Fit("opt-125m", 19, null, OffloadTier.Host).Host);
        Assert.Equal(12, Fit("opt-125m", 19, null, OffloadTier.Disk).Disk);
        Assert.Contains("--host-memory", Assert.Throws<BadInputException>(() => Fit("opt-125m", 19, 11, OffloadTier.Host)).Message);
        var budget = Budget(model, 19, null) with { Weights = 50 + (7 * model.BlockBytes) };
        Assert.Equal((5, 7), (TierPlan.Fit(model, Besides, budget, OffloadTier.Disk, 3).Resident, TierPlan.Fit(model, Besides, budget, OffloadTier.Disk, 3).Disk));
    }

    [Fact]
    public void Compare_OneDevice_TakesProductsAndZ()
    {
        var model = Size("tiny");
        var plan = Assert.Single(Planner.Compare(Request(model) with { BatchSize = 3, Tokens = 5, Directions = 2 }));
        var products = 2 * 2 * 3 * ((4 * model.BlockOperations(5)) + model.HeadOperations(5)) / 1e6;
        // For each direction z is made once for both signs, and once for the commit; the embedding only folds.
        var z = 2 * ((2 * 4 * model.BlockTrained) + model.HeadTrained + model.EndsTrained) / 1e5;
        Assert.Equal(products + z, plan.Prediction.StepSeconds, 6);
    }

    // 16,384 tokens × probes a pass: eight sequences of 1,024 tokens for two probes.
    [Theory]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(24, 3)]
    public void Compare_OfManyTokens_TakesSeveralPasses(int samples, int passes)
    {
        var model = Size("opt-125m");
        var plan = Assert.Single(Planner.Compare(Request(model) with { BatchSize = samples, Tokens = 1024 }));
        Assert.Equal(passes, plan.Model.Passes);
        var products = 2 * samples * ((12 * model.BlockOperations(1024)) + model.HeadOperations(1024)) / 1e6;
        var z = (((passes + 1) * 12 * model.BlockTrained) + (passes * model.HeadTrained) + model.EndsTrained) / 1e5;
        Assert.Equal(1, plan.Prediction.StepSeconds / (products + z), 9);
        Assert.Equal(model.Bytes + (16384 * model.ActivationBytes) + (2 * 4 * model.LargestMatrix), plan.Tiers.DeviceBytes);
    }

    [Fact]
    public void Compare_ManyDevices_HasEachSplitAndPath()
    {
        var model = Size("opt-125m");
        var request = Request(model) with { Devices = 4, BatchSize = 4, Tokens = 1, Budget = new MemoryBudget(Needs(model) + (6 * model.BlockBytes), null, null) };
        var plans = Planner.Compare(request);
        Assert.Equal([1, 2, 3, 4], plans.Select(plan => plan.Devices).Distinct());
        Assert.Equal(["-", "pertp 2x1", "dp 1x4", "2d 2x2"], plans.Where(plan => plan.Devices is 1 or 4).Select(PlanText.Split).Distinct());
        Assert.Equal(["whole", "sliced"], plans.Where(plan => plan is { Devices: 2, Kind: ParallelismKind.Dp }).Select(PlanText.Path));
        var sliced = plans.Single(plan => plan is { Devices: 4, Kind: ParallelismKind.TwoD, Path: BlockPath.Sliced });
        Assert.Equal(4, sliced.Prediction.Traffic.Upload.Count);
        Assert.Equal(plans[0].Prediction.Traffic.Upload[0] / 4, sliced.Prediction.Traffic.Upload[0]);
        Assert.Contains(Planner.Compare(request with { Devices = 8 }), plan => plan is { Devices: 8, Path: BlockPath.Sharded });
        Assert.All(Planner.Compare(request with { Device = Device with { FabricRate = null } }), plan => Assert.Equal(BlockPath.Whole, plan.Path));
    }

    [Fact]
    public void Compare_WriteBack_IsTheBestOfASweep()
    {
        var model = Size("opt-125m");
        var request = Request(model) with
        {
            Offload = OffloadTier.Disk,
            Device = Device with { Disk = new DiskModel(1e6, 2e5), ZRate = 3e5, HalfRate = 1e9, SingleRate = 1e9 },
            Links = [(1e12, 1e12)],
        };
        var sweep = Enumerable.Range(1, 32).Select(k => Assert.Single(Planner.Compare(request with { WriteBackSteps = k })).Prediction.StepSeconds).ToList();
        var chosen = Assert.Single(Planner.Compare(request));
        Assert.InRange(chosen.Model.WriteBackSteps, 2, 31);
        Assert.True(chosen.Prediction.StepSeconds <= 1.02 * sweep.Min());
        Assert.Equal(sweep[chosen.Model.WriteBackSteps - 1], chosen.Prediction.StepSeconds);
    }

    [Theory]
    [InlineData(TransferType.BFloat16)]
    [InlineData(TransferType.Float8)]
    public void Compare_TransferFormat_MovesRoundedMatricesAndWritesNone(TransferType transfer)
    {
        const long H = 768;
        var model = Size("opt-125m", transfer: transfer);
        // Of a layer 12·h² weights are matrices' and 13·h not; a power of two for each group of 32.
        var matrices = 12 * H * H * (transfer == TransferType.Float8 ? 33 / 32.0 : 2);
        var request = Request(model) with { Offload = OffloadTier.Host, HostFoldRate = 1e7, Directions = 3 };
        var plan = Assert.Single(Planner.Compare(request));
        Assert.Equal(12 * (matrices + (13 * H * 4)), plan.Prediction.Traffic.Upload[0]);
        Assert.Equal(0, plan.Prediction.Traffic.WriteBack[0]);
        Assert.Equal(12 * 3 * model.BlockTrained / 1e7, plan.Prediction.Busy.Single(busy => busy.Resource == "host fold").Seconds, 6);
        Assert.Contains("--host-fold-rate", Assert.Throws<BadInputException>(() => Planner.Compare(request with { HostFoldRate = null })).Message);
    }

    [Fact]
    public void Compare_TransferFormatFromDisk_MovesLayersAsTheyAreHeld()
    {
        var model = Size("opt-125m", transfer: TransferType.Float8);
        var plan = Assert.Single(Planner.Compare(Request(model) with { Offload = OffloadTier.Disk, WriteBackSteps = 4, Device = Device with { Disk = new DiskModel(1e6, 1e6) } }));
        Assert.Equal((12.0 * model.BlockBytes, 12.0 * model.BlockTrainedBytes / 4), (plan.Prediction.Traffic.DiskRead, plan.Prediction.Traffic.DiskWrite));
    }

    [Fact]
    public void Compare_LayersOnADiskThatIsNotKnown_AsksForIt() =>
        Assert.Contains("give --disk", Assert.Throws<BadInputException>(() => Planner.Compare(Request(Size("tiny")) with { Offload = OffloadTier.Disk })).Message);

    private static ModelSize Size(string shape, WeightType type = WeightType.Float32, TransferType? transfer = null) =>
        new(ModelPart.Full(ModelShapes.Find(shape)), type, type, transfer);

    private static PlanRequest Request(ModelSize model) => new()
    {
        Model = model,
        Device = Device,
        Links = [(Device.UploadRate, Device.DownloadRate)],
        Budget = new MemoryBudget(long.MaxValue / 4, null, null),
        BatchSize = 2,
        Tokens = 2,
    };

    /// <summary>What one token's device needs besides its layers, at most: two probes of a batch of four.</summary>
    private static long Needs(ModelSize model) => model.EndsBytes + (8 * model.ActivationBytes) + (2 * 4 * model.LargestMatrix);

    private static MemoryBudget Budget(ModelSize model, double layers, double? host) =>
        new(100 + (long)(layers * model.BlockBytes), null, (long?)(host * model.BlockBytes));

    private static TierPlan Fit(string shape, double layers, double? host, OffloadTier? tier = null) =>
        TierPlan.Fit(Size(shape), Besides, Budget(Size(shape), layers, host), tier, 3);
}
