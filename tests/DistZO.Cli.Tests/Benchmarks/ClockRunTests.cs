using DistZO.Cli.Benchmarks;

namespace DistZO.Cli.Tests.Benchmarks;

/// <summary>The streaming loop on a clock: what can overlap does.</summary>
public sealed class ClockRunTests
{
    private const int Layers = 24;
    private const long BlockBytes = 96 << 20;

    private static readonly double[] Rates = [0.25, 0.5, 0.8, 1, 1.25, 2, 4];
    private static readonly IEnumerable<(double Upload, double WriteBack)> All = Rates.SelectMany(upload => Rates.Select(writeBack => (upload, writeBack)));

    public static TheoryData<double, double> Ratios()
    {
        var data = new TheoryData<double, double>();
        foreach (var (upload, writeBack) in All) data.Add(upload, writeBack);
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

    /// <summary>Attention makes a part slower than others of as many bytes.</summary>
    [Theory]
    [InlineData(0.4, 0.3, 0.3)]
    [InlineData(0.5, 0.25, 0.25)]
    [InlineData(0.4, 0.2, 0.2, 0.2)]
    [InlineData(0.1, 0.3, 0.3, 0.3)]
    public void Step_OfUnevenParts_IsAsLongAsTheLongest(params double[] parts)
    {
        foreach (var (upload, writeBack) in All)
        {
            var seconds = ClockRun.StepSeconds(Schedule(upload, writeBack) with { Parts = parts });
            var ratio = seconds / (Layers * Math.Max(1, Math.Max(upload, writeBack)));
            Assert.True(ratio is >= 1 - 1e-9 and <= 1.05, $"{upload} {writeBack}: {ratio}");
        }
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
