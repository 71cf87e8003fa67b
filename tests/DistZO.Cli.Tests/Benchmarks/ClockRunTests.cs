using DistZO.Cli.Benchmarks;

namespace DistZO.Cli.Tests.Benchmarks;

/// <summary>The streaming loop on a clock: what can overlap does.</summary>
public sealed class ClockRunTests
{
    private const int Layers = 24;
    private const long BlockBytes = 100 << 20;

    public static TheoryData<double, double> Ratios()
    {
        var data = new TheoryData<double, double>();
        double[] ratios = [0.25, 0.5, 0.8, 1, 1.25, 2, 4];
        foreach (var upload in ratios)
        {
            foreach (var writeBack in ratios) data.Add(upload, writeBack);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Step_IsAsLongAsTheLongestOfComputingUploadAndWriteBack(double upload, double writeBack)
    {
        // Seconds of a layer: one of computing.
        var seconds = ClockRun.StepSeconds(Schedule(upload, writeBack));
        Assert.InRange(seconds / (Layers * Math.Max(1, Math.Max(upload, writeBack))), 1 - 1e-9, 1.05);
    }

    [Theory]
    [InlineData(2, 8)]
    [InlineData(4, 16)]
    [InlineData(8, 4)]
    [InlineData(16, 4)]
    [InlineData(32, 1)]
    public void Step_WrittenBackEveryKSteps_IsBoundByAKthOfTheWriteBack(int k, double writeBack)
    {
        var seconds = ClockRun.StepSeconds(Schedule(0.5, writeBack) with { WriteBackSteps = k });
        Assert.InRange(seconds / (Layers * Math.Max(1, writeBack / k)), 1 - 1e-9, 1.05);
    }

    [Fact]
    public void Step_WithOneBuffer_OverlapsNothing()
    {
        var seconds = ClockRun.StepSeconds(Schedule(1, 1) with { Buffers = 1 });
        Assert.Equal(Layers * 3.0, seconds, 6);
    }

    private static ClockSchedule Schedule(double upload, double writeBack) => new()
    {
        Layers = Layers,
        BlockBytes = BlockBytes,
        BlockSeconds = 1,
        UploadBytesPerSecond = BlockBytes / upload,
        WriteBackBytesPerSecond = BlockBytes / writeBack,
    };
}
