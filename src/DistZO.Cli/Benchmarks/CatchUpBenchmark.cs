using System.Diagnostics;
using DistZO.Devices.Cpu;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;
using DistZO.Worker;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A worker that joins late: from the records it lacks to weights at the head of the run. The limit is one read and write of the weights
/// for every 64 steps, three times over, and the z of all steps, which nobody can save.
/// </summary>
internal static class CatchUpBenchmark
{
    private const int DefaultSteps = 1000;
    private const int StepsOfPass = 64;
    private const double Passes = 3;
    private const int RecordsOfMessage = 1000;
    private const int WarmUpSteps = 2;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var folder = new ScratchFolder();
        return Run(options, folder);
    }

    private static BenchmarkResult Run(BenchmarkOptions options, ScratchFolder folder)
    {
        var steps = WarmUpSteps + (options.Steps ?? DefaultSteps);
        var (model, data) = (folder["model"], folder["rows.jsonl"]);
        RandomCheckpoint.Write(model, options.Shape, options.Seed);
        RandomCheckpoint.WriteRows(data, 16, options.Tokens, options.Seed);
        var recipe = new ScalingCase("catchup", "auto", 1, 1).Recipe(model, data).With(RecipeKeys.Seed, options.Seed);
        var said = new List<WorkerMessage>();
        var open = new WorkerOptions
        {
            Name = "joiner",
            Open = welcome => RunInputs.Open(welcome.With(RecipeKeys.Threads, options.Threads), () => CpuDevice.Open(options.Threads)),
        };
        using var worker = new WorkerRun(open, said.Add, (_, _, _) => { }, TimeProvider.System);
        worker.Connected();
        worker.Handle(new Welcome(1, 1, recipe, steps, TimeSpan.FromSeconds(2), null));
        var ready = said.OfType<Ready>().Single();
        var records = Records(recipe.Resolve(16), steps);
        // The code is compiled by a few steps before.
        Take(worker, records[..WarmUpSteps], 0);

        using var limits = new CpuLimits(options.Threads);
        using var weights = new WeightsCopy(ready.WeightsBytes, options.Threads);
        long normals = 0;
        var before = Timing.Of([() => normals = limits.Perturb(), weights.Copy]);
        var clock = Stopwatch.StartNew();
        Take(worker, records, WarmUpSteps);
        var seconds = clock.Elapsed.TotalSeconds;
        var after = Timing.Of([() => normals = limits.Perturb(), weights.Copy]);

        var measured = steps - WarmUpSteps;
        var pass = (before[1].Seconds + after[1].Seconds) / 2;
        var z = ready.Parameters * measured * (before[0].Seconds + after[0].Seconds) / 2 / normals;
        var limit = (Passes * pass * measured / StepsOfPass) + z;
        return new BenchmarkResult("catchup")
            .With("shape", options.Shape)
            .With("threads", options.Threads)
            .With("steps", measured)
            .With("parameters", ready.Parameters)
            .With("seconds", seconds, 4)
            .With("pass_seconds", pass, 5)
            .With("z_seconds", z, 4)
            .With("limit_seconds", limit, 4)
            .With("ratio", seconds / limit, 4)
            .Say($"{measured} steps of {options.Shape} in {seconds:0.00} s: {seconds / limit:0.00} of its limit of {limit:0.00} s (at most 1)")
            .Say($"z alone {z:0.00} s; a read and write of the weights {pass:0.000} s, of which {Passes:0} for every {StepsOfPass} steps are allowed");
    }

    /// <summary>The messages of a coordinator, and what the worker does when none is left.</summary>
    private static void Take(WorkerRun worker, ReadOnlyMemory<byte>[] records, int first)
    {
        for (; first < records.Length; first += RecordsOfMessage)
            worker.Handle(new Records(first, records[first..Math.Min(records.Length, first + RecordsOfMessage)]));
        worker.CatchUp();
    }

    private static ReadOnlyMemory<byte>[] Records(Recipe recipe, int steps)
    {
        var method = new MezoSgd(recipe);
        return [.. Enumerable.Range(0, steps).Select(step => (ReadOnlyMemory<byte>)RecordCodec.Encode(
            method.Commit(step, [new ProbeSum((63L << 34) + (step * 1_000_003L), false), new ProbeSum(63L << 34, false)], 63)))];
    }
}
