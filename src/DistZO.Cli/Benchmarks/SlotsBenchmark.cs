namespace DistZO.Cli.Benchmarks;

/// <summary>
/// The streaming loop of several slots: how the time of uploads falls with them on a virtual clock, and how near the real clock comes to
/// the virtual one, with bytes that are moved over modelled links and kernels that sleep.
/// </summary>
internal static class SlotsBenchmark
{
    private const int Layers = 24;
    private const long BlockBytes = 128 << 20;

    // Of the fabric to a slot's host link.
    private const double FabricRatio = 8;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        var result = new BenchmarkResult("slots");
        var alone = Upload(1);
        foreach (var slots in new[] { 2, 4, 8 })
        {
            var faster = alone / Upload(slots);
            result.With($"upload_speedup_{slots}", faster, 3).Say($"{slots} slots upload {faster:0.00} × as fast as one (at least {0.9 * slots:0.0})");
        }

        foreach (var slots in new[] { 1, 2 })
        {
            var ratio = RealOverVirtual(slots, options.Steps ?? 3);
            result.With($"real_over_virtual_{slots}", ratio, 3).Say($"{slots} on the real clock: {ratio:0.00} × the virtual one (at most 1.15)");
        }

        return result;
    }

    /// <summary>Seconds of a step that uploads bind.</summary>
    private static double Upload(int slots)
    {
        var schedule = new ClockSchedule
        {
            Layers = Layers,
            BlockBytes = BlockBytes,
            BlockSeconds = 1,
            UploadBytesPerSecond = BlockBytes / 32.0,
            WriteBackBytesPerSecond = BlockBytes,
            WriteBackSteps = 4,
        };
        return SlotClock.Step(schedule, slots, FabricRatio * schedule.UploadBytesPerSecond).Seconds;
    }

    private static double RealOverVirtual(int slots, int repeats)
    {
        const int blockBytes = 4 << 20;
        var schedule = new ClockSchedule
        {
            Layers = 6,
            BlockBytes = blockBytes,
            BlockSeconds = 0.02,
            UploadBytesPerSecond = blockBytes / (0.03 * slots),
            WriteBackBytesPerSecond = blockBytes / (0.015 * slots),
        };
        var fabric = FabricRatio * schedule.UploadBytesPerSecond;
        var expected = SlotClock.Step(schedule, slots, fabric).Seconds;
        var ratios = Enumerable.Range(0, repeats).Select(_ => SlotClock.Step(schedule, slots, fabric, new RealSlotTime()).Seconds / expected).Order().ToList();
        return ratios[repeats / 2];
    }
}
