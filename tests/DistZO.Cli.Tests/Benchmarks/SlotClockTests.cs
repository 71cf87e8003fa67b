using DistZO.Cli.Benchmarks;

namespace DistZO.Cli.Tests.Benchmarks;

/// <summary>The streaming loop of several slots on a clock: slices come over all links at once.</summary>
public sealed class SlotClockTests
{
    private const int Layers = 24;
    private const long BlockBytes = 128 << 20;

    // Of the fabric to a slot's host link.
    private const double FabricRatio = 8;

    public static TheoryData<int, double, double> Ratios()
    {
        var data = new TheoryData<int, double, double>();
        double[] ratios = [0.25, 0.5, 1, 2, 4];
        foreach (var slots in new[] { 2, 4 })
        {
            foreach (var upload in ratios)
            {
                foreach (var writeBack in ratios) data.Add(slots, upload, writeBack);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Step_IsAsLongAsTheLongestOfComputingUploadAndWriteBack(int slots, double upload, double writeBack)
    {
        // Seconds of a slot's slice of a layer: one of computing.
        var step = SlotClock.Step(Schedule(upload * slots, writeBack * slots), slots, Fabric(upload * slots));
        Assert.InRange(step.Seconds / (Layers * Math.Max(1, Math.Max(upload, writeBack))), 1 - 1e-9, 1.05);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Upload_InSlices_TakesAnNthOfTheTime(int slots)
    {
        // Bound by uploads, with slices too.
        var schedule = Schedule(32, 1) with { WriteBackSteps = 4 };
        var alone = SlotClock.Step(schedule, 1, Fabric(32)).Seconds;
        Assert.Equal(ClockRun.StepSeconds(schedule), alone, 6);
        Assert.True(alone / SlotClock.Step(schedule, slots, Fabric(32)).Seconds >= 0.9 * slots);
        // Without a fabric each slot uploads all of it.
        Assert.InRange(SlotClock.Step(schedule, slots, null).Seconds / alone, 0.99, 1.01);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Links_CarryWhatIsPlanned(int slots)
    {
        var bytes = SlotClock.Step(Schedule(4, 4) with { WriteBackSteps = 2 }, slots, Fabric(4)).Bytes;
        var slices = Layers * BlockBytes / slots;
        for (var slot = 0; slot < slots; slot++)
        {
            Assert.Equal(slices, bytes[$"slot {slot} upload"]);
            Assert.Equal(slices / 2, bytes[$"slot {slot} write-back"]);
            Assert.Equal(slices * (slots - 1), bytes.Where(pair => pair.Key.StartsWith($"slot {slot} gather", StringComparison.Ordinal)).Sum(pair => pair.Value));
        }
    }

    private static double Fabric(double upload) => FabricRatio * BlockBytes / upload;

    private static ClockSchedule Schedule(double upload, double writeBack) => new()
    {
        Layers = Layers,
        BlockBytes = BlockBytes,
        BlockSeconds = 1,
        UploadBytesPerSecond = BlockBytes / upload,
        WriteBackBytesPerSecond = BlockBytes / writeBack,
    };
}
