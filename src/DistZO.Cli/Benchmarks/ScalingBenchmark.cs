using System.Diagnostics;
using System.Globalization;
using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// Two worker processes, one core each, against one on one core while the other core does the same work. The limit of their speedup is
/// T₁ / (T_gemm/2 + T_z): z is not split. Steps of all runs take turns, and so does z, so that all terms are of the same moments.
/// </summary>
internal static class ScalingBenchmark
{
    private const int DefaultRounds = 5;
    private const int WarmUpSteps = 2;

    /// <summary>Short steps are measured more often.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(25);

    /// <summary>Until the speeds that a plan is made from, medians of the last few shares, are those of a slowed worker.</summary>
    private const int SettlingSteps = 6;

    private const double SlowedPart = 0.25, Required = 0.95, RequiredOfSlowed = 0.9;

    /// <summary>Why this machine cannot measure it; null if it can.</summary>
    public static string? Obstacle() =>
        !OperatingSystem.IsLinux() ? "processes are pinned to cores, which works on Linux alone"
        : LinuxProcess.Cores().Length < 2 ? "two cores are needed, and this process may use one"
        : null;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        if (Obstacle() is { } obstacle) throw new BadInputException($"scaling: {obstacle}");
        using var folder = new ScratchFolder();
        return Run(options, folder).GetAwaiter().GetResult();
    }

    private static async Task<BenchmarkResult> Run(BenchmarkOptions options, ScratchFolder folder)
    {
        var cores = LinuxProcess.Cores();
        var parameters = ModelShapes.Find(options.Shape).Tensors.Sum(tensor => tensor.Length);
        var result = new BenchmarkResult("scaling")
            .With("shape", options.Shape)
            .With("tokens", options.Tokens)
            .With("rounds", options.Steps ?? DefaultRounds)
            .Say($"{options.Shape}, sequences of {options.Tokens} tokens, workers of one thread pinned to cores {cores[0]} and {cores[1]}");
        RandomCheckpoint.Write(folder["model"], options.Shape, options.Seed);
        RandomCheckpoint.WriteRows(folder["rows.jsonl"], 16 * options.Batch, options.Tokens, options.Seed);
        using var limits = new CpuLimits(2);
        ScalingCase[][] groups =
        [
            [new("pertp_1", "pertp", 1, 1)],
            [new("pertp", "pertp", options.Batch, 1), new("dp", "dp", options.Batch, 1), new("auto", "auto", options.Batch, 1)],
            [new("2d_q2", "2d", options.Batch, 2)],
        ];
        foreach (var group in groups)
        {
            await using var runs = await ScalingRuns.Start(folder.Root, group, [cores[0], cores[1]]);
            for (var i = 0; i < WarmUpSteps; i++) await runs.Round(null);
            var terms = new ScalingTerms(group.Length, parameters);
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < (options.Steps ?? DefaultRounds) || (options.Steps is null && clock.Elapsed < Shortest); i++)
            {
                terms.MeasureZ(limits);
                await runs.Round(terms);
            }

            for (var i = 0; i < group.Length; i++) Tell(result, group[i], terms, i);
            if (Array.FindIndex(group, one => one.Parallelism == "dp") is >= 0 and var dp) await Slow(result, group[dp], terms, runs, dp, options);
        }

        return result;
    }

    private static void Tell(BenchmarkResult result, ScalingCase one, ScalingTerms terms, int index)
    {
        var (t1, t2, z) = (terms.T1, terms.T2(index), terms.Z(one.Directions));
        var gemm = t1 - z;
        var limit = t1 / ((gemm / 2) + z);
        var speedup = t1 / t2;
        result
            .With($"{one.Name}_t1_seconds", t1, 5)
            .With($"{one.Name}_t2_seconds", t2, 5)
            .With($"{one.Name}_t_gemm_seconds", gemm, 5)
            .With($"{one.Name}_t_z_seconds", z, 5)
            .With($"{one.Name}_speedup", speedup, 4)
            .With($"{one.Name}_limit", limit, 4)
            .With($"{one.Name}_ratio", speedup / limit, 4)
            .Say($"{one.Parallelism} at {one.Batch} sequences, q = {one.Directions}: {speedup:0.000} × one, {speedup / limit:0.0%} of its limit {limit:0.000} (at least {Required:0%})")
            .Say($"    T₁ {t1:0.000} s = T_gemm {gemm:0.000} s + T_z {z:0.000} s, both cores busy; with two {t2:0.000} s");
    }

    /// <summary>One of the workers gets a quarter of its core's time.</summary>
    private static async Task Slow(BenchmarkResult result, ScalingCase one, ScalingTerms terms, ScalingRuns runs, int index, BenchmarkOptions options)
    {
        var run = runs.Pairs[index];
        using var slowed = new SlowedProcess(run.Workers[1], SlowedPart);
        for (var i = 0; i < SettlingSteps; i++) await run.Step();
        var seconds = new List<double>();
        for (var i = 0; i < (options.Steps ?? DefaultRounds); i++) seconds.Add(await run.Step());
        var (t1, t, z, part) = (terms.T1, ScalingTerms.Median(seconds), terms.Z(one.Directions), slowed.Part);
        var speedup = t1 / t;
        // Both make all of z, the slow one in 1/part of the time: cells are shared so that both are done at the same moment.
        var limit = t1 * (1 + part) / (t1 - z + (2 * z));
        var speeds = await run.Speeds();
        result
            .With("slowed_part", part, 4)
            .With("slowed_t1_seconds", t1, 5)
            .With("slowed_t2_seconds", t, 5)
            .With("slowed_speedup", speedup, 4)
            .With("slowed_sum_of_speeds", 1 + part, 4)
            .With("slowed_ratio", speedup / (1 + part), 4)
            .With("slowed_limit", limit, 4)
            .With("slowed_ratio_of_limit", speedup / limit, 4)
            .Say($"{one.Parallelism} with one worker at {part:0.0%} of its speed: {speedup:0.000} × one, {speedup / (1 + part):0.0%} of {1 + part:0.000} (at least {RequiredOfSlowed:0%})")
            .Say($"    {speedup / limit:0.0%} of {limit:0.000}, the limit while each makes its own z; cells a second {string.Join(" and ", speeds.Select(s => s.ToString("0.00", CultureInfo.InvariantCulture)))}");
    }
}
