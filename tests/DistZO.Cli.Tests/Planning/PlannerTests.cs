using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Optimization;
using static DistZO.Cli.Tests.Planning.TestPlans;

namespace DistZO.Cli.Tests.Planning;

/// <summary>From a model's shapes to tiers, shares and seconds.</summary>
public class PlannerTests
{
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
        Assert.Equal(model.Bytes + plan.Tiers.WorkingBytes, plan.Tiers.DeviceBytes);
    }

    [Fact]
    public void Compare_ManyDevices_HasEachSplitAndPath()
    {
        var model = Size("opt-125m");
        var working = Planner.Compare(Request(model) with { BatchSize = 4, Tokens = 1 })[0].Tiers.WorkingBytes;
        var request = Request(model) with { Devices = 4, BatchSize = 4, Tokens = 1, Budget = new MemoryBudget(working + model.EndsBytes + (6 * model.BlockBytes), null, null) };
        var plans = Planner.Compare(request);
        Assert.Equal([1, 2, 3, 4], plans.Select(plan => plan.Devices).Distinct());
        Assert.Equal(["-", "pertp 2x1", "dp 1x4", "2d 2x2"], plans.Where(plan => plan.Devices is 1 or 4).Select(PlanText.Split).Distinct());
        Assert.Equal(["whole", "sliced"], plans.Where(plan => plan is { Devices: 2, Kind: ParallelismKind.Dp }).Select(PlanText.Path));
        var sliced = plans.Single(plan => plan is { Devices: 4, Kind: ParallelismKind.TwoD, Path: BlockPath.Sliced });
        Assert.Equal(4, sliced.Prediction.Traffic.Upload.Count);
        Assert.Equal(plans[0].Prediction.Traffic.Upload[0] / 4, sliced.Prediction.Traffic.Upload[0]);
        Assert.Contains(Planner.Compare(request with { Devices = 8 }), plan => plan is { Devices: 8, Path: BlockPath.Sharded });
        Assert.All(Planner.Compare(request with { Device = Gpu with { FabricRate = null } }), plan => Assert.Equal(BlockPath.Whole, plan.Path));
    }

    [Fact]
    public void Compare_WriteBack_IsTheBestOfASweep()
    {
        var model = Size("opt-125m");
        var request = Request(model) with
        {
            Offload = OffloadTier.Disk,
            Device = Gpu with { Disk = new DiskModel(1e6, 2e5), ZRate = 3e5, HalfRate = 1e9, SingleRate = 1e9 },
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
        var request = Request(model) with { Offload = OffloadTier.Host, FoldOn = FoldPlace.Host, HostFoldRate = 1e7, Directions = 3 };
        var plan = Assert.Single(Planner.Compare(request));
        Assert.Equal(12 * (matrices + (13 * H * 4)), plan.Prediction.Traffic.Upload[0]);
        Assert.Equal(0, plan.Prediction.Traffic.WriteBack[0]);
        Assert.Equal(12 * 3 * model.BlockTrained / 1e7, plan.Prediction.Busy.Single(busy => busy.Resource == "host fold").Seconds, 6);
        Assert.Contains("--host-fold-rate", Assert.Throws<BadInputException>(() => Planner.Compare(request with { HostFoldRate = null })).Message);
    }

    /// <summary>The host folds what it reads and writes it back; if devices do, layers come as they are held.</summary>
    [Theory]
    [InlineData(FoldPlace.Host)]
    [InlineData(FoldPlace.Device)]
    public void Compare_TransferFormatFromDisk_MovesWhatTheFolderNeeds(FoldPlace foldOn)
    {
        var model = Size("opt-125m", transfer: TransferType.Float8);
        var plan = Assert.Single(Planner.Compare(Request(model) with
        {
            Offload = OffloadTier.Disk,
            WriteBackSteps = 4,
            FoldOn = foldOn,
            HostFoldRate = 1e7,
            Device = Gpu with { Disk = new DiskModel(1e6, 1e6) },
        }));
        var (written, traffic) = (12.0 * model.BlockTrainedBytes / 4, plan.Prediction.Traffic);
        Assert.Equal((12.0 * model.BlockBytes, written), (traffic.DiskRead, traffic.DiskWrite));
        var isHost = foldOn == FoldPlace.Host;
        Assert.Equal((12.0 * (isHost ? model.BlockTransferBytes!.Value : model.BlockBytes), isHost ? 0 : written), (traffic.Upload[0], traffic.WriteBack[0]));
        // Five places for parts as they are held, and one rounded part for each buffer.
        Assert.Equal(isHost ? 5 * (Part(model) + TransferredPart(model)) : 0, plan.Tiers.HostBytes);
    }

    /// <summary>Where one device is too small, there may be plans for more.</summary>
    [Fact]
    public void Compare_FewDevicesThatAreTooSmall_LeavesThemOut()
    {
        var model = Size("opt-125m");
        var request = Request(model) with { Devices = 4, BatchSize = 4, Tokens = 1024, Offload = OffloadTier.Host };
        var one = Planner.Compare(request with { Devices = 1 })[0].Tiers;
        var small = request with { Budget = new MemoryBudget(one.DeviceBytes - (4 * Part(model)), null, null) };
        Assert.Equal([2, 3, 4], Planner.Compare(small).Select(plan => plan.Devices).Distinct());
        Assert.Contains("smaller batches take less", Assert.Throws<BadInputException>(() => Planner.Compare(small with { Devices = 1 })).Message);
    }

    [Fact]
    public void Compare_LayersOnADiskThatIsNotKnown_AsksForIt() =>
        Assert.Contains("give --disk", Assert.Throws<BadInputException>(() => Planner.Compare(Request(Size("tiny")) with { Offload = OffloadTier.Disk })).Message);
}
