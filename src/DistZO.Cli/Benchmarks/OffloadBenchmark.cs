using System.Globalization;
using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A training step whose layers come from disk or host memory. The limits are the step of a resident model, and the same reading and
/// writing without computing, each in the same process. Bytes are those that the system counts.
/// </summary>
internal static class OffloadBenchmark
{
    private const int WarmUpSteps = 3;
    private const int DefaultSteps = 5;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var folder = new ScratchFolder(options.Directory);
        return Measure(options, folder.Root);
    }

    private static BenchmarkResult Measure(BenchmarkOptions options, string path)
    {
        var count = options.Steps ?? DefaultSteps;
        var isDisk = options.Offload == OffloadTier.Disk;
        var notices = new List<string>();
        using var device = CpuDevice.Open(options.Threads);
        var layers = ModelShapes.Find(options.Shape).Layers.Count;
        var cachedBefore = Cached();
        var offloading = new Offloading
        {
            Layers = Enumerable.Range(0, layers).ToHashSet(),
            WriteBackSteps = options.WriteBackSteps,
            SharesLink = isDisk,
            StoresAll = isDisk,
            Open = (layouts, _) => isDisk ? BlockDirectory.Open(path, layouts, new BlockDirectoryOptions(new byte[32], _ => true, notices.Add)) : new HostBlocks(layouts),
        };

        double[] seconds, moving;
        long read, written, peak, streamed, trained, kept;
        int writeBack;
        using (var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, offloading)))
        {
            for (var i = 0; i < WarmUpSteps; i++) steps.Next();
            // Whatever K it has chosen by then, it keeps to the end of a round of write-backs.
            while (options.WriteBackSteps is null && steps.Model.WriteBackSteps is null) steps.Next();
            writeBack = steps.Model.WriteBackSteps!.Value;
            (streamed, trained) = steps.Model.StreamedBytes;
            kept = steps.Model.Bytes - streamed;
            var (readBefore, writtenBefore) = Moved();
            seconds = Times(RoundUp(count, writeBack), steps.Next);
            (read, written) = (Moved().Read - readBefore, Moved().Written - writtenBefore);
            peak = ProcessMemory.Peak();
            moving = Times(RoundUp(count, writeBack), steps.Model.MoveWithoutComputing);
        }

        var cached = Math.Max(0, Cached() - cachedBefore);
        double[] computing;
        using (var steps = new TrainingSteps(options, part => PatternModel.Assemble(device, part, options.WeightsType, null)))
        {
            for (var i = 0; i < WarmUpSteps; i++) steps.Next();
            computing = Times(count, steps.Next);
        }

        var (step, alone, io) = (Median(seconds), Median(computing), moving.Average());
        double bytesRead = read / (double)seconds.Length, bytesWritten = written / (double)seconds.Length;
        double theoryWritten = (double)trained / writeBack;
        return new BenchmarkResult("offload")
            .With("device", device.Description)
            .With("shape", options.Shape)
            .With("weights_dtype", options.WeightsType.Name())
            .With("tier", isDisk ? "disk" : "host")
            .With("direct", notices.Count == 0 ? "yes" : "no")
            .With("batch", options.Batch)
            .With("tokens", options.Tokens)
            .With("write_back_steps", writeBack)
            .With("step_seconds", step, 4)
            .With("computing_seconds", alone, 4)
            .With("moving_seconds", io, 4)
            .With("ratio", step / Math.Max(alone, io), 4)
            .With("read_bytes", bytesRead, 0)
            .With("written_bytes", bytesWritten, 0)
            .With("streamed_bytes", streamed)
            .With("resident_mb", peak / 1e6, 1)
            .With("page_cache_mb", cached / 1e6, 1)
            .With("allowed_mb", ((3.0 * streamed / layers) + kept + 150e6) / 1e6, 1)
            .Say($"{options.Shape} in {options.WeightsType.Name()} from {(isDisk ? "disk" : "host memory")}, {options.Batch} × {options.Tokens} tokens, written back every {writeBack} steps: {step:0.000} s a step")
            .Say($"computing alone {alone:0.000} s, moving alone {io:0.000} s: {step / Math.Max(alone, io):0.00} × the longer (at most 1.10)")
            .Say($"reads {bytesRead / 1e9:0.000} GB a step, {bytesRead / streamed:0.00%} of the layers; writes {bytesWritten / 1e9:0.000} GB, {(theoryWritten > 0 ? bytesWritten / theoryWritten : 0):0.00%} of theirs every {writeBack} steps (within 2%)")
            .Say($"{peak / 1e6:0} MB resident and {cached / 1e6:0} MB more page cache (together at most {((3.0 * streamed / layers) + kept + 150e6) / 1e6:0} MB)");
    }

    private static double[] Times(int count, Action step)
    {
        var seconds = new double[count];
        for (var i = 0; i < count; i++)
        {
            var began = TraceClock.Now;
            step();
            seconds[i] = (TraceClock.Now - began) * 1e-9;
        }

        return seconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static int RoundUp(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    private static (long Read, long Written) Moved() => (Number("/proc/self/io", "read_bytes:"), Number("/proc/self/io", "write_bytes:"));

    private static long Cached() => 1024 * Number("/proc/meminfo", "Cached:");

    private static long Number(string file, string key)
    {
        if (!File.Exists(file)) return 0;
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
