using System.Diagnostics;
using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>A ledger folded into a model's weights in one pass over them. The limit is z: each step needs one of each weight.</summary>
internal static class ReplayBenchmark
{
    private const int DefaultSteps = 100;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        var steps = options.Steps ?? DefaultSteps;
        using var device = CpuDevice.Open(options.Threads);
        using var model = RandomModel.Create(device, ModelPart.Full(ModelShapes.Find(options.Shape)), options.Seed);
        using var limits = new CpuLimits(options.Threads);
        var updates = new UpdateHistory();
        for (var step = 0; step <= steps; step++)
            updates.Append(new WeightUpdate(1f, [new UpdateDirection(Philox.DirectionSeed(options.Seed, step, 0), 1e-6f)]));

        // z before and after: a replay is too long to be measured in turn with anything.
        var before = Rate(limits);
        model.Fold(updates, 1);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        model.Fold(updates, steps + 1);
        var seconds = clock.Elapsed.TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var rate = (double)model.TrainedCount * steps / seconds;
        var limit = (before + Rate(limits)) / 2;
        return new BenchmarkResult("replay")
            .With("device", device.Description)
            .With("shape", options.Shape)
            .With("threads", options.Threads)
            .With("steps", steps)
            .With("parameters", model.ParameterCount)
            .With("seconds", seconds, 3)
            .With("weight_updates_per_second", rate, 0)
            .With("normals_per_second", limit, 0)
            .With("allocated_bytes", allocated)
            .Say($"{steps} steps of {options.Shape} in {seconds:0.0} s: {rate / 1e9:0.00} G weight-updates/s (required: 1 G)")
            .Say($"both probes' z alone, fused with the addition: {limit / 1e9:0.00} G normals/s");
    }

    private static double Rate(CpuLimits limits)
    {
        long weights = 0;
        var timing = Timing.Of(() => weights = limits.Perturb());
        return weights / timing.Seconds;
    }
}
