using DistZO.Cli.Benchmarks;
using DistZO.Cli.Planning;
using DistZO.Devices;

namespace DistZO.Cli.Tests.Planning;

/// <summary>
/// Predictions beside the real streaming loop on a clock, over random steps: one slot and several, layers in 1 … 4 parts, 2 … 5 buffers, host memory and disk, any
/// K. They share no code: one describes what waits for what, the other is told by the loop.
/// </summary>
public class PredictionAgainstClockTests
{
    private const int Cases = 20;

    /// <summary>Both average over whole rounds of write-backs, but not over the same.</summary>
    private const double Tolerance = 0.01;

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1000)]
    public void Predict_RandomStepsOfOneSlot_TakeAsLongAsTheStreamingLoop(bool fromDisk, int seed) => Compare(seed, random =>
    {
        var schedule = Schedule(random, 1, fromDisk);
        return (Model(schedule, 1, null), ClockRun.StepSeconds(schedule));
    });

    [Theory]
    [InlineData(false, true, 2000)]
    [InlineData(true, true, 3000)]
    [InlineData(false, false, 4000)]
    [InlineData(true, false, 5000)]
    public void Predict_RandomStepsOfSlots_TakeAsLongAsTheirStreamingLoop(bool fromDisk, bool hasFabric, int seed) => Compare(seed, random =>
    {
        var slots = random.Next(2, 9);
        var schedule = Schedule(random, slots, fromDisk);
        // To each slot from each other one, all at the same time.
        double? fabric = hasFabric ? schedule.UploadBytesPerSecond * Between(random, 0.5, 20) : null;
        return (Model(schedule, slots, fabric), SlotClock.Step(schedule, slots, fabric).Seconds);
    });

    /// <summary>The host folds what it reads from a disk, and writes it back every K-th step.</summary>
    [Fact]
    public void Predict_RandomStepsWhoseHostFoldsFromDisk_TakeAsLongAsTheirStreamingLoop() => Compare(6000, random =>
    {
        var schedule = Schedule(random, 1, fromDisk: true) with { HostFoldSeconds = Between(random, 0.02, 1) };
        // Kernels fold nothing: those of the clock are told so.
        var model = Model(schedule, 1, schedule.UploadBytesPerSecond) with { Path = BlockPath.Whole, HostFoldSeconds = schedule.HostFoldSeconds };
        return (model, SlotClock.Step(schedule, 1, null).Seconds);
    });

    private static void Compare(int seed, Func<Random, (StepModel Model, double Played)> play)
    {
        var wrong = new List<string>();
        for (var i = 0; i < Cases; i++)
        {
            var (model, played) = play(new Random(seed + i));
            var predicted = StepPredictor.Predict(model).StepSeconds;
            if (Math.Abs((predicted / played) - 1) > Tolerance) wrong.Add($"{seed + i}: {predicted:F3} s, played {played:F3} s ({predicted / played:P1}): {model}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static ClockSchedule Schedule(Random random, int slots, bool fromDisk)
    {
        // Pages that each number of slots divides, in each number of parts.
        const int bytes = 12 * 840 * BlockLayout.Alignment;
        var parts = random.Next(1, 5);
        var fold = Between(random, 0.005, 0.2);
        return new ClockSchedule
        {
            Layers = random.Next(5, 40),
            BlockBytes = bytes,
            Parts = [.. Enumerable.Repeat(1.0 / parts, parts)],
            BlockSeconds = fold + Between(random, 0.25, 4),
            FoldSeconds = fold,
            EndSeconds = Between(random, 0.1, 8),
            Buffers = random.Next(2, 6),
            WriteBackSteps = random.Next(1, 17),
            UploadBytesPerSecond = bytes / (slots * Between(random, 0.25, 4)),
            WriteBackBytesPerSecond = bytes / (slots * Between(random, 0.25, 8)),
            Disk = fromDisk ? new ClockDisk(bytes / Between(random, 0.25, 4), bytes / Between(random, 0.25, 8)) : null,
        };
    }

    private static StepModel Model(ClockSchedule schedule, int slots, double? fabric)
    {
        var slot = new SlotModel
        {
            // A visit of the clock's kernels folds one commit, if they fold at all.
            ComputeSeconds = schedule.BlockSeconds - (fabric is null ? schedule.FoldSeconds : 0),
            FoldSeconds = schedule.FoldSeconds,
            EndsSeconds = schedule.EndSeconds,
            FirstSeconds = schedule.EndSeconds / 2,
            UploadRate = schedule.UploadBytesPerSecond,
            DownloadRate = schedule.WriteBackBytesPerSecond,
        };
        return new StepModel
        {
            Layers = schedule.Layers,
            Streamed = schedule.Layers,
            Parts = schedule.Parts.Count,
            Buffers = schedule.Buffers,
            WriteBackSteps = schedule.WriteBackSteps,
            TrainedBytes = schedule.BlockBytes,
            Path = fabric is null ? BlockPath.Whole : BlockPath.Sliced,
            FabricRate = fabric * (slots - 1) ?? double.PositiveInfinity,
            FromDisk = schedule.Disk is null ? 0 : schedule.Layers,
            Disk = schedule.Disk is { } disk ? new DiskModel(disk.ReadBytesPerSecond, disk.WriteBytesPerSecond) : null,
            Slots = [.. Enumerable.Repeat(slot, slots)],
        };
    }

    private static double Between(Random random, double low, double high) => low * Math.Pow(high / low, random.NextDouble());
}
