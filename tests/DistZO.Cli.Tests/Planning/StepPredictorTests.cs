using DistZO.Cli.Planning;

namespace DistZO.Cli.Tests.Planning;

/// <summary>Steps that can be worked out by hand; all numbers are whole, so they are met exactly.</summary>
public class StepPredictorTests
{
    private static readonly SlotModel Slot = new() { ComputeSeconds = 1, UploadRate = 1, DownloadRate = 1 };

    /// <summary>Four layers of 1 byte, all streamed, at 1 byte a second.</summary>
    private static readonly StepModel Model = new() { Layers = 4, Streamed = 4, TrainedBytes = 1, Slots = [Slot] };

    [Fact]
    public void Predict_AllResident_IsComputing()
    {
        var prediction = StepPredictor.Predict(Model with { Streamed = 0, Slots = [Slot with { EndsSeconds = 2, ZSeconds = 3, FoldSeconds = 5 }] });
        Assert.Equal(2 + (4 * (1 + 3 + 5)), prediction.StepSeconds);
        Assert.Equal(("compute", 0, 1), (prediction.Bottleneck, prediction.WaitSeconds, prediction.Overlap));
    }

    // u, c, w of a block; three buffers.
    [Theory]
    [InlineData(1, 2, 1, 8, "compute")]
    [InlineData(2, 1, 1, 8, "upload")]
    [InlineData(1, 1, 2, 8, "write-back")]
    [InlineData(1, 1, 1, 4, "compute")]
    public void Predict_ThreeBuffers_IsTheLongestOfThree(int upload, int compute, int writeBack, int step, string bottleneck)
    {
        var prediction = StepPredictor.Predict(Rates(Model, upload, compute, writeBack));
        Assert.Equal((step, 0, bottleneck), (prediction.StepSeconds, prediction.WaitSeconds, prediction.Bottleneck));
    }

    [Fact]
    public void Predict_OneBuffer_OverlapsNothing()
    {
        var prediction = StepPredictor.Predict(Rates(Model with { Buffers = 1 }, 2, 1, 3));
        Assert.Equal(4 * (2 + 1 + 3), prediction.StepSeconds);
        Assert.Equal(0, prediction.Overlap);
    }

    // A buffer is taken by an upload, computing and a write-back in turn: with two, two of three pass at a time.
    [Fact]
    public void Predict_TwoBuffers_WaitForTheWriteBack() => Assert.Equal(4 * 3 / 2.0, StepPredictor.Predict(Rates(Model with { Buffers = 2 }, 1, 1, 1)).StepSeconds);

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 6)]
    [InlineData(4, 5)]
    public void Predict_OneDisk_ReadsAndWritesInTurn(int writeBackSteps, int step)
    {
        var slot = Slot with { UploadRate = double.PositiveInfinity, DownloadRate = double.PositiveInfinity };
        var prediction = StepPredictor.Predict(Model with { FromDisk = 4, Disk = new DiskModel(1, 1), WriteBackSteps = writeBackSteps, Slots = [slot] });
        Assert.Equal((step, "disk"), (prediction.StepSeconds, prediction.Bottleneck));
        Assert.Equal((4, 4.0 / writeBackSteps), (prediction.Traffic.DiskRead, prediction.Traffic.DiskWrite));
    }

    // Pending commits: 1 … K a visit.
    [Fact]
    public void Predict_LazyWriteBack_FoldsHalfOfThemOnAverage()
    {
        var prediction = StepPredictor.Predict(Rates(Model with { WriteBackSteps = 3 }, 1, 9, 9) with
        {
            Slots = [Slot with { ComputeSeconds = 9, FoldSeconds = 2, DownloadRate = 1 / 9.0 }],
        });
        Assert.Equal(4 * (9 + (2 * 2)), prediction.StepSeconds, 9);
        Assert.Equal(4 / 3.0, Assert.Single(prediction.Traffic.WriteBack));
    }

    // Of eight visits in a row, four fold for longer than an upload takes and four for less, and three buffers do not level that out.
    [Fact]
    public void Predict_VisitsOfUnequalLength_WaitInBothDirections()
    {
        var slot = Slot with { ComputeSeconds = 0, FoldSeconds = 2, UploadRate = 1 / 9.0, DownloadRate = double.PositiveInfinity };
        // Nine blocks, so that the round of eight goes on evenly from step to step: 2, 4, … 16 seconds.
        var prediction = StepPredictor.Predict(Model with { Layers = 9, Streamed = 9, WriteBackSteps = 8, Slots = [slot] });
        Assert.Equal(9 * 9, prediction.Busy.Max(busy => busy.Seconds));
        // While the long ones compute (10 + 12 + 14 + 16) the buffers fill; three uploads on, the next long one is there.
        Assert.Equal((10 + 12 + 14 + 16 + (3 * 9)) * 9 / 8.0, prediction.StepSeconds, 9);
    }

    [Fact]
    public void Predict_ResidentLayersInBetween_HideUploads()
    {
        // Layers 1, 4, 7 and 10 of twelve are streamed.
        var model = Rates(Model with { Layers = 12 }, 3, 1, 1);
        Assert.Equal((12, 0), (StepPredictor.Predict(model).StepSeconds, StepPredictor.Predict(model).WaitSeconds));
    }

    [Fact]
    public void Predict_TwoSlots_UploadAHalfEach()
    {
        var whole = Rates(Model with { Slots = [Slot, Slot], FabricRate = 1 }, 4, 1, 1);
        Assert.Equal(16, StepPredictor.Predict(whole).StepSeconds);
        var sliced = StepPredictor.Predict(whole with { Path = BlockPath.Sliced });
        Assert.Equal((8, "upload"), (sliced.StepSeconds, sliced.Bottleneck));
        Assert.Equal([2, 2], sliced.Traffic.Upload);
        Assert.Equal([2, 2], sliced.Traffic.Gather);
        Assert.Equal([2, 2], sliced.Traffic.WriteBack);
    }

    [Fact]
    public void Predict_UnevenLinks_UploadUnevenParts()
    {
        var model = Model with { TrainedBytes = 8, Path = BlockPath.Sliced, FabricRate = 1e9, Slots = [Slot with { UploadRate = 3 }, Slot] };
        var prediction = StepPredictor.Predict(model);
        Assert.Equal([4 * 6, 4 * 2], prediction.Traffic.Upload);
        Assert.Equal(2.0, prediction.Busy.Single(busy => busy.Resource == "upload").Seconds / 4);
    }

    [Fact]
    public void Predict_Sharded_AsksNeitherHostNorFoldsTwice()
    {
        var model = Model with { Path = BlockPath.Sharded, FabricRate = 0.25, Slots = [Slot with { FoldSeconds = 2 }, Slot with { FoldSeconds = 2 }] };
        var prediction = StepPredictor.Predict(model);
        Assert.Equal(["compute", "gather"], prediction.Busy.Select(busy => busy.Resource));
        Assert.Equal(4 * (1 + 1), prediction.Busy[0].Seconds);
        // Half a byte at a quarter of a byte a second for each block. Before the first its part is folded, those of the others meanwhile;
        // the last block is computed after that, and the next step's commit, which the next fold waits for, is made after that.
        Assert.Equal(1 + (4 * 2) + 1, prediction.StepSeconds);
    }

    [Fact]
    public void Predict_HostFolds_UploadsBeginWithTheStep()
    {
        var prediction = StepPredictor.Predict(Rates(Model, 1, 2, 9) with { HostFoldSeconds = 1 });
        Assert.Equal(["compute", "upload", "host fold"], prediction.Busy.Select(busy => busy.Resource));
        // Block 0 is folded and uploaded before it is computed; the others meanwhile.
        Assert.Equal(1 + 1 + (4 * 2), prediction.StepSeconds);
    }

    // What lies on the disk is read for the host alone, and written back by it.
    [Theory]
    [InlineData(1, 8, 1)]
    [InlineData(2, 6, 1.5)]
    [InlineData(4, 5, 2.5)]
    public void Predict_HostFoldsFromDisk_ReadsAndWritesItselfAndFoldsWhatIsPending(int writeBackSteps, int disk, double pending)
    {
        var slots = new[] { Slot, Slot };
        var prediction = StepPredictor.Predict(Model with { Slots = slots, FromDisk = 4, Disk = new DiskModel(1, 1), WriteBackSteps = writeBackSteps, TransferBytes = 2, HostFoldSeconds = 0.25 });
        Assert.Equal(["compute", "upload", "disk", "host fold"], prediction.Busy.Select(busy => busy.Resource));
        Assert.Equal([4, 8, disk, pending], prediction.Busy.Select(busy => busy.Seconds));
    }

    [Fact]
    public void Predict_RoomForAllBlocks_UploadsNothing()
    {
        var prediction = StepPredictor.Predict(Rates(Model with { Buffers = 4 }, 50, 1, 1));
        Assert.Equal(4, prediction.StepSeconds);
        Assert.Equal(0, Assert.Single(prediction.Traffic.Upload));
    }

    [Fact]
    public void Predict_FrozenBlocks_AreNotWrittenBack()
    {
        var prediction = StepPredictor.Predict(Model with { TrainedBytes = 0, FrozenBytes = 2 });
        Assert.Equal((8, 0), (prediction.StepSeconds, Assert.Single(prediction.Traffic.WriteBack)));
    }

    [Fact]
    public void Predict_TransferFormat_MovesItsBytes() =>
        Assert.Equal(4 * 3, StepPredictor.Predict(Model with { TransferBytes = 3, HostFoldSeconds = 0.125 }).Busy.Single(busy => busy.Resource == "upload").Seconds);

    [Fact]
    public void Predict_SeveralPasses_MoveAllLayersInEach()
    {
        var model = Rates(Model with { Passes = 3 }, 2, 1, 1);
        var prediction = StepPredictor.Predict(model);
        Assert.Equal((3 * 8, "upload", 12, 4), (prediction.StepSeconds, prediction.Bottleneck, prediction.Traffic.Upload[0], prediction.Traffic.WriteBack[0]));
    }

    // What is written back need not be folded again in the step's other passes; what is not, is.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1 + 0.5 + 0.5 + 0.5)]
    [InlineData(3, 2 + 1 + 1)]
    public void Predict_SeveralPasses_FoldWhatIsNotWrittenBack(int writeBackSteps, double folds)
    {
        var slot = Slot with { ComputeSeconds = 100, FoldSeconds = 4, EndsSeconds = 6 };
        var prediction = StepPredictor.Predict(Model with { Passes = 3, WriteBackSteps = writeBackSteps, Slots = [slot] });
        Assert.Equal(6 + (4 * ((3 * 100) + (4 * folds))), prediction.StepSeconds, 9);
    }

    [Fact]
    public void Predict_Commit_LengthensTheStep() => Assert.Equal(4 + 5, StepPredictor.Predict(Model with { CommitSeconds = 5 }).StepSeconds);

    private static StepModel Rates(StepModel model, double upload, double compute, double writeBack) => model with
    {
        TrainedBytes = 1,
        Slots = [.. model.Slots.Select(slot => slot with { ComputeSeconds = compute, UploadRate = 1 / upload, DownloadRate = 1 / writeBack })],
    };
}
