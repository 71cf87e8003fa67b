using DistZO.Cli.Benchmarks;
using DistZO.Cli.Planning;

namespace DistZO.Cli.Tests.Planning;

/// <summary>Predictions beside the real streaming loop on a clock. They share no code: one is equations, the other streams and events.</summary>
public class PredictionAgainstClockTests
{
    /// <summary>Both average over whole rounds of write-backs, but not over the same.</summary>
    private const double Tolerance = 0.03;

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
}
