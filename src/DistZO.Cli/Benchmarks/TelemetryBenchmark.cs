using System.Diagnostics;
using DistZO.Cli.Cluster;
using DistZO.Cli.Telemetry;
using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;
using DistZO.Worker;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// What it costs to be watched: steps of one run, a few with spans and metrics that go to a sink of this process, a few without, in turn.
/// The run is <c>train</c>'s own.
/// </summary>
internal static class TelemetryBenchmark
{
    private const int DefaultSteps = 48;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var folder = new ScratchFolder();
        return Run(options, folder).GetAwaiter().GetResult();
    }

    private static async Task<BenchmarkResult> Run(BenchmarkOptions options, ScratchFolder folder)
    {
        var (model, data) = (folder["model"], folder["rows.jsonl"]);
        RandomCheckpoint.Write(model, options.Shape, options.Seed);
        RandomCheckpoint.WriteRows(data, 4 * options.Batch, options.Tokens, options.Seed);
        var steps = options.Steps ?? DefaultSteps;
        var recipe = new ScalingCase("telemetry", "auto", 1, 1).Recipe(model, data)
            .With(RecipeKeys.Seed, options.Seed).With(RecipeKeys.BatchSize, options.Batch).With(RecipeKeys.Threads, options.Threads)
            .With(RecipeKeys.MaxSteps, steps + WatchedSteps.WarmUp);
        await using var sink = await OtlpSink.Start();
        using var meter = new RunMeter();
        using var spans = new ShareSpans("local");
        using var watched = new WatchedSteps(spans, () => TelemetryExport.To(sink.Address));
        using var inputs = RunInputs.Open(recipe, () => CpuDevice.Open(options.Threads), watched);
        var directory = new RunDirectory(folder["run"]);
        using var metrics = new MetricsFile(directory.Metrics);
        LocalRun.Execute(inputs, directory, watched, metrics, TimeProvider.System, allowsCommand: false, CancellationToken.None, out _, meter: meter, spans: spans);
        var (with, without) = (watched.Median(isWatched: true), watched.Median(isWatched: false));
        return new BenchmarkResult("telemetry")
            .With("shape", options.Shape)
            .With("batch", options.Batch)
            .With("tokens", options.Tokens)
            .With("threads", options.Threads)
            .With("steps", steps)
            .With("step_seconds", without.Seconds, 5)
            .With("traced_step_seconds", with.Seconds, 5)
            .With("cost", Cost(with.Seconds, without.Seconds), 5)
            .With("processor_seconds", without.ProcessorSeconds, 5)
            .With("traced_processor_seconds", with.ProcessorSeconds, 5)
            .With("processor_cost", Cost(with.ProcessorSeconds, without.ProcessorSeconds), 5)
            .With("exports", sink.Exports)
            .With("exported_bytes", sink.Bytes)
            .Say($"{options.Shape}, {options.Batch} × {options.Tokens} tokens: {without.Seconds:0.0000} s a step, {with.Seconds:0.0000} s with spans and metrics: {Percent(Cost(with.Seconds, without.Seconds))} (at most 1%)")
            .Say($"processor time, which other programs disturb less: {without.ProcessorSeconds:0.0000} s, {with.ProcessorSeconds:0.0000} s: {Percent(Cost(with.ProcessorSeconds, without.ProcessorSeconds))}")
            .Say($"{sink.Exports} exports of {sink.Bytes} bytes in all");
    }

    private static double Cost(double with, double without) => (with / without) - 1;

    private static string Percent(double part) => $"{part:+0.00%;-0.00%}";
}
