using System.Globalization;
using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

/// <summary>A plausible run, made up: everything is a function of the step and of how far the step in flight is. No clock, no chance.</summary>
internal sealed class FakeRun
{
    public const double SecondsPerStep = 1.37;

    public static readonly DateTimeOffset Start = new(2026, 3, 14, 9, 26, 53, TimeSpan.Zero);

    public Recipe Recipe { get; set; } = Recipe.Default
        .With(RecipeKeys.Model, "models/opt-125m").With(RecipeKeys.MaxSteps, 20_000)
        .With(RecipeKeys.BatchSize, 32).With(RecipeKeys.NumDirections, 4).With(RecipeKeys.EvalSteps, 500);

    public RunState State { get; set; } = RunState.Training;

    public string? Message { get; set; }

    public long Step { get; set; }

    /// <summary>How far the step in flight is: 0 has begun, 1 is about to be committed.</summary>
    public double Phase { get; set; }

    public List<FakeWorker> Workers { get; set; } = [];

    public List<SuspectSteps> Suspect { get; set; } = [];

    public long WeightsBytes { get; set; } = 500_959_232;

    public int MaxSteps => Recipe.Get(RecipeKeys.MaxSteps);

    public int EvalSteps => Recipe.Get(RecipeKeys.EvalSteps) ?? int.MaxValue;

    public WorkGrid WorkGrid => WorkGrid.Of(Recipe);

    /// <summary>A number in [0, 1) that looks like chance.</summary>
    public static double Noise(long at, int stream)
    {
        var x = unchecked(((ulong)at + 1) * 0x9E3779B97F4A7C15 ^ ((ulong)stream * 0xBF58476D1CE4E5B9));
        x = unchecked((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9);
        x = unchecked((x ^ (x >> 27)) * 0x94D049BB133111EB);
        return ((x ^ (x >> 31)) >> 11) * (1.0 / (1L << 53));
    }

    public static bool Skipped(long step) => step > 0 && Noise(step, 1) < 0.0006;

    /// <summary>The loss without noise, a while after the start.</summary>
    public double Trend(long step) => 0.41 + (1.05 * Math.Exp(-step / (0.16 * MaxSteps)));

    public double? Loss(long step) => Skipped(step) ? null
        : Trend(step) + (0.16 * (Noise(step, 2) + Noise(step, 3) + Noise(step, 4) - 1.5));

    public EvaluationStatus Evaluation(long step) => new(step, new Dictionary<string, double>
    {
        ["accuracy"] = Math.Min(0.93, 0.94 - (0.42 * Math.Exp(-step / (0.14 * MaxSteps))) + (0.02 * (Noise(step, 6) - 0.5))),
        ["macro_f1"] = 0.92 - (0.5 * Math.Exp(-step / (0.14 * MaxSteps))) + (0.02 * (Noise(step, 7) - 0.5)),
        ["loss"] = Trend(step) + 0.03 + (0.02 * (Noise(step, 8) - 0.5)),
    });

    public CommittedStep Committed(long step) => new(
        step,
        Skipped(step) ? "skipped" : "applied",
        Loss(step),
        WorkGrid.Samples,
        1,
        [
            .. Enumerable.Range(0, WorkGrid.Probes / 2).Select(d => new CommittedDirection(
                Hash(step, 100 + d), Fixed(step, d, +1), Fixed(step, d, -1), Skipped(step) ? 0 : (float)(1e-7 * (Noise(step, 200 + d) - 0.5)))),
        ],
        Hash(step, 300));

    public static string Hash(long at, int stream) => BitConverter.DoubleToUInt64Bits(Noise(at, stream)).ToString("x16");

    private string Fixed(long step, int direction, int sign) => ((long)((Loss(step) ?? 0) * WorkGrid.Samples * (1L << 32))
        + (sign * (long)(Noise(step, direction) * (1L << 26)))).ToString(CultureInfo.InvariantCulture);

    public long SkippedSteps => Enumerable.Range(0, (int)Step).LongCount(t => Skipped(t));

    public double Smoothed()
    {
        var (sum, weight) = (0.0, 0.0);
        for (var t = Math.Max(0, Step - 300); t < Step; t++)
        {
            if (Loss(t) is not { } loss) continue;
            (sum, weight) = ((0.98 * sum) + (0.02 * loss), (0.98 * weight) + 0.02);
        }

        return sum / weight;
    }
}
