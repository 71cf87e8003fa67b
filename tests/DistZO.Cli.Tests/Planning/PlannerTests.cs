using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Cli.Tests.Planning;

/// <summary>From a model's shapes to tiers, shares and seconds.</summary>
public class PlannerTests
{
    private const int Kilo = 1000;

    // Rates at which seconds can be worked out from numbers of weights.
    private static readonly DeviceProfile Device = new()
    {
        Name = "test", HalfRate = 1e6, SingleRate = 1e6, ZRate = 1e5, Memory = 1000 * Kilo * Kilo, UploadRate = 1e5, DownloadRate = 1e5, FabricRate = 1e6,
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

    // Four layers; memory in layers besides what is needed anyway.
    [Theory]
    [InlineData(4.0, null, 4, 0, 0, 0)]
    [InlineData(3.9, null, 0, 4, 0, 3)]
    [InlineData(2.5, null, 0, 4, 0, 2)]
    [InlineData(3.0, 3.0, 0, 3, 1, 3)]
    [InlineData(3.0, 0.5, 0, 0, 4, 3)]
    public void Placement_ByBudget_FillsTheFastestTierFirst(double device, double? host, int resident, int hosted, int disk, int buffers)
    {
        var placement = Fit("tiny", device, host);
        Assert.Equal((resident, hosted, disk, buffers), (placement.Resident, placement.Host, placement.Disk, placement.Buffers));
    }

    [Fact]
    public void Placement_OfMoreLayers_KeepsSomeResident()
    {
        var placement = Fit("opt-125m", 8, null);
        Assert.Equal((5, 7, 3), (placement.Resident, placement.Host, placement.Buffers));
        Assert.Equal("5 of 12 layers resident; 7 streamed from host memory, through 3 buffers", placement.Describe());
        var block = Size("opt-125m").BlockBytes;
        Assert.Equal((100 + (8 * block), 7 * block), (placement.DeviceBytes, placement.HostBytes));
    }

    // Three buffers, M whole layers and (12 − M)/4 in parts: M = 2 takes 3 + 2 + 2.5, M = 3 takes 8.25.
    [Fact]
    public void Placement_InParts_HoldsEveryLayerOnTheDevices()
    {
        var placement = Fit("opt-125m", 8, null, slots: 4)!;
        Assert.Equal((2, 10, 0, 0), (placement.Resident, placement.Sharded, placement.Host, placement.Disk));
        Assert.Equal(100 + (long)(7.5 * Size("opt-125m").BlockBytes), placement.DeviceBytes);
    }

    [Fact]
    public void Placement_WithoutRoomForOneLayer_SaysWhatIsNeeded()
    {
        var block = Size("tiny").BlockBytes;
        var problem = Assert.Throws<BadInputException>(() => Fit("tiny", 1.99, null)).Message;
        Assert.Contains($"which takes {ByteSize.Text(100 + (2 * block))}", problem);
    }

    [Fact]
    public void Placement_WithOffloadNone_NeedsAllOfTheModel()
    {
        Assert.Equal(4, Fit("tiny", 4, null, Offload.None).Resident);
        Assert.Contains("do not hold all of the model", Assert.Throws<BadInputException>(() => Fit("tiny", 3.9, null, Offload.None)).Message);
        Assert.Equal((0, 4), (Fit("tiny", 9, null, Offload.Host).Resident, Fit("tiny", 9, null, Offload.Host).Host));
        Assert.Equal(4, Fit("tiny", 9, null, Offload.Disk).Disk);
        Assert.Contains("--host-memory", Assert.Throws<BadInputException>(() => Fit("tiny", 9, 3, Offload.Host)).Message);
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

    [Fact]
    public void Compare_ManyDevices_HasEachSplitAndPath()
    {
        var model = Size("opt-125m");
        var request = Request(model) with { Devices = 4, BatchSize = 4, Tokens = 1, Budget = new MemoryBudget(Needs(model) + (6 * model.BlockBytes), null) };
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
            Offload = Offload.Disk, Device = Device with { Disk = new DiskModel(1e6, 2e5), ZRate = 3e5, HalfRate = 1e9, SingleRate = 1e9, UploadRate = 1e12, DownloadRate = 1e12 },
        };
        var sweep = Enumerable.Range(1, 32).Select(k => Assert.Single(Planner.Compare(request with { WriteBackSteps = k })).Prediction.StepSeconds).ToList();
        var chosen = Assert.Single(Planner.Compare(request));
        Assert.InRange(chosen.Model.WriteBackSteps, 2, 31);
        Assert.True(chosen.Prediction.StepSeconds <= 1.02 * sweep.Min());
        Assert.Equal(sweep[chosen.Model.WriteBackSteps - 1], chosen.Prediction.StepSeconds);
    }

    [Fact]
    public void Compare_TransferFormat_MovesFewerBytesAndWritesNone()
    {
        var model = Size("opt-125m");
        var request = Request(model) with { Offload = Offload.Host, TransferBytes = 1, HostFoldRate = 1e7 };
        var plan = Assert.Single(Planner.Compare(request));
        Assert.Equal(12.0 * model.BlockTrained, plan.Prediction.Traffic.Upload[0]);
        Assert.Equal(0, plan.Prediction.Traffic.WriteBack[0]);
        Assert.Contains("--host-fold-rate", Assert.Throws<BadInputException>(() => Planner.Compare(request with { HostFoldRate = null })).Message);
    }

    [Fact]
    public void Compare_LayersOnADiskThatIsNotKnown_AsksForIt() =>
        Assert.Contains("give --disk", Assert.Throws<BadInputException>(() => Planner.Compare(Request(Size("tiny")) with { Offload = Offload.Disk })).Message);

    private static ModelSize Size(string shape, WeightType type = WeightType.Float32) => new(ModelPart.Full(ModelShapes.Find(shape)), type, type);

    private static PlanRequest Request(ModelSize model) => new()
    {
        Model = model, Device = Device, Links = [(Device.UploadRate, Device.DownloadRate)], Budget = new MemoryBudget(long.MaxValue / 4, null), BatchSize = 2, Tokens = 2,
    };

    /// <summary>What one token's device needs besides its layers, at most: two probes of a batch of four.</summary>
    private static long Needs(ModelSize model) => model.EndsBytes + (8 * model.ActivationBytes) + (2 * 4 * model.LargestMatrix);

    private static Placement Fit(string shape, double layers, double? host, Offload offload = Offload.Auto, int slots = 0)
    {
        var model = Size(shape);
        var budget = new MemoryBudget(100 + (long)(layers * model.BlockBytes), (long?)(host * model.BlockBytes));
        return Placement.Fit(model, new FixedNeeds(50, 30, 20), budget, offload, 3, slots)!;
    }
}
