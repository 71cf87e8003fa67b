using DistZO.Cli.Benchmarks;
using DistZO.Cli.Planning;

namespace DistZO.Cli.Tests.Planning;

/// <summary>Predictions beside the real streaming loop on a clock. They share no code: one is equations, the other streams and events.</summary>
public class PredictionAgainstClockTests
{
    /// <summary>Both average over whole rounds of write-backs, but not over the same.</summary>
    private const double Tolerance = 0.03;

    /// <summary>A slot waits for all others at each block, which equations see on average.</summary>
    private const double SlotTolerance = 0.1;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Predict_RandomSteps_TakeAsLongAsTheStreamingLoop(int number)
    {
        var random = new Random(number);
        double Between(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
        var (compute, fold) = (Between(0.25, 4), Between(0.005, 0.2));
        var schedule = new ClockSchedule
        {
            Layers = random.Next(6, 48),
            BlockBytes = 1 << 20,
            BlockSeconds = compute + fold,
            FoldSeconds = fold,
            EndSeconds = Between(0.1, 8),
            Buffers = random.Next(2, 5),
            WriteBackSteps = random.Next(1, 17),
            UploadBytesPerSecond = (1 << 20) / Between(0.25, 4),
            WriteBackBytesPerSecond = (1 << 20) / Between(0.25, 8),
        };
        var model = new StepModel
        {
            Layers = schedule.Layers,
            Streamed = schedule.Layers,
            Buffers = schedule.Buffers,
            WriteBackSteps = schedule.WriteBackSteps,
            TrainedBytes = schedule.BlockBytes,
            Slots =
            [
                new SlotModel
                {
                    ComputeSeconds = compute,
                    FoldSeconds = fold,
                    EndsSeconds = schedule.EndSeconds,
                    UploadRate = schedule.UploadBytesPerSecond,
                    DownloadRate = schedule.WriteBackBytesPerSecond,
                },
            ],
        };
        Assert.InRange(StepPredictor.Predict(model).StepSeconds / ClockRun.StepSeconds(schedule), 1 - Tolerance, 1 + Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Predict_RandomStepsOfSlots_TakeAsLongAsTheirStreamingLoop(int number)
    {
        var random = new Random(100 + number);
        double Between(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
        var slots = random.Next(2, 9);
        var schedule = new ClockSchedule
        {
            Layers = random.Next(6, 32),
            BlockBytes = 1 << 20,
            BlockSeconds = Between(0.25, 4),
            EndSeconds = Between(0.1, 8),
            Buffers = random.Next(3, 5),
            WriteBackSteps = 1 << random.Next(0, 4),
            UploadBytesPerSecond = (1 << 20) / (slots * Between(0.25, 4)),
            WriteBackBytesPerSecond = (1 << 20) / (slots * Between(0.25, 4)),
        };
        // From each other slot, all at the same time.
        var fabric = schedule.UploadBytesPerSecond * Between(2, 20);
        var hasFabric = number % 4 > 0;
        var model = new StepModel
        {
            Layers = schedule.Layers,
            Streamed = schedule.Layers,
            Buffers = schedule.Buffers,
            WriteBackSteps = schedule.WriteBackSteps,
            TrainedBytes = schedule.BlockBytes,
            Path = hasFabric ? BlockPath.Sliced : BlockPath.Whole,
            FabricRate = fabric * (slots - 1),
            Slots =
            [
                .. Enumerable.Repeat(
                    new SlotModel
                    {
                        ComputeSeconds = schedule.BlockSeconds,
                        EndsSeconds = schedule.EndSeconds,
                        UploadRate = schedule.UploadBytesPerSecond,
                        DownloadRate = schedule.WriteBackBytesPerSecond,
                    },
                    slots),
            ],
        };
        var played = SlotClock.Step(schedule, slots, hasFabric ? fabric : null).Seconds;
        var predicted = StepPredictor.Predict(model).StepSeconds;
        Assert.True(Math.Abs((predicted / played) - 1) <= SlotTolerance, $"{predicted:F3} s, played {played:F3} s: {slots} slots, {schedule}, fabric {fabric}");
    }
}
