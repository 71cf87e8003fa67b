using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>What a step with streamed layers is made of.</summary>
internal sealed record ClockSchedule
{
    /// <summary>Layers, all of which are streamed.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of a layer; all of it is trained. Those of each of its parts are a multiple of <see cref="BlockLayout.Alignment"/>.</summary>
    public required long BlockBytes { get; init; }

    /// <summary>The parts of a layer, all of as many bytes: what of its computing each takes, together 1.</summary>
    public IReadOnlyList<double> Parts { get; init; } = [1];

    /// <summary>Seconds that a visit of a layer computes, when it lacks one commit.</summary>
    public required double BlockSeconds { get; init; }

    /// <summary>Seconds more for each further commit that it lacks.</summary>
    public double FoldSeconds { get; init; }

    /// <summary>Seconds in which the host folds a commit into a layer; null: devices fold.</summary>
    public double? HostFoldSeconds { get; init; }

    /// <summary>Seconds that embedding and head compute, together.</summary>
    public double EndSeconds { get; init; }

    public int Buffers { get; init; } = Offloading.DefaultBuffers;

    public int WriteBackSteps { get; init; } = 1;

    public required double UploadBytesPerSecond { get; init; }

    public required double WriteBackBytesPerSecond { get; init; }

    /// <summary>Where layers lie; null for host memory.</summary>
    public ClockDisk? Disk { get; init; }

    /// <summary>The parts of all layers in the order of a pass, each of one tensor; made anew.</summary>
    public IEnumerable<BlockLayout> Layouts => Enumerable.Range(0, Layers * Parts.Count).Select(i => new BlockLayout(
        $"parts.{i}",
        [new Parameter($"w{i}", [BlockBytes / Parts.Count / sizeof(float)], TensorRole.Matrix, i, trainable: true, WeightType.Float32)]));

    /// <summary>Seconds that a visit computes.</summary>
    /// <param name="part">Of all parts.</param>
    /// <param name="pending">Commits that it lacks; one is counted in <see cref="BlockSeconds"/>.</param>
    public double VisitSeconds(int part, int pending) =>
        (BlockSeconds * Parts[part % Parts.Count]) + (FoldSeconds / Parts.Count * Math.Max(0, pending - 1));
}

/// <summary>Plays the real streaming loop on a clock.</summary>
internal static class ClockRun
{
    private const int WarmUpSteps = 8;

    /// <summary>Seconds of a step in the steady state: an average over whole rounds of write-backs.</summary>
    public static double StepSeconds(ClockSchedule schedule)
    {
        using var device = new ClockDevice(new ClockPlay(schedule.Disk), isAlone: true);
        var blocks = schedule.Layouts.Select(layout => new StreamedBlock(layout, new ClockBlock(layout))).ToList();
        var path = new BlockPath(
            device,
            blocks,
            schedule.Buffers,
            new StreamOptions("upload", new Link(schedule.UploadBytesPerSecond, TimeProvider.System)),
            new StreamOptions("write-back", new Link(schedule.WriteBackBytesPerSecond, TimeProvider.System)));
        using var stream = new BlockStream(path, blocks, new FixedWriteBack(schedule.WriteBackSteps));
        var warm = WarmUpSteps * schedule.WriteBackSteps;
        var end = warm + (4 * schedule.WriteBackSteps);
        double began = 0;
        for (var step = 1; step <= end; step++)
        {
            if (step == warm + 1) began = device.Now;
            stream.Begin(null, step);
            device.Compute(schedule.EndSeconds / 2);
            for (var i = 0; i < blocks.Count; i++)
            {
                stream.Enter(i);
                var parameter = blocks[i].Layout.Entries[0].Parameter;
                device.Compute(schedule.VisitSeconds(i, step - parameter.FoldedTo));
                parameter.FoldedTo = step;
                stream.Leave(i, WriteBack.WhenDue);
            }

            device.Compute(schedule.EndSeconds / 2);
        }

        return (device.Now - began) / (end - warm);
    }
}
