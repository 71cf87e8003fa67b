namespace DistZO.Cli.Benchmarks.Gpu;

/// <summary>Figures that have to reach a bar.</summary>
internal static class GpuBars
{
    /// <summary>Adds a figure, its bar, and whether it reaches it: <c>KEY</c>, <c>KEY_bar</c> and <c>KEY_pass</c> (yes, no, or unknown where it is NaN).</summary>
    public static BenchmarkResult AtLeast(this BenchmarkResult row, string key, double value, double bar, string what) =>
        Add(row, key, value, bar, value >= bar, "at least", what);

    /// <summary>As <see cref="AtLeast"/>, for what may be no more.</summary>
    public static BenchmarkResult AtMost(this BenchmarkResult row, string key, double value, double bar, string what) =>
        Add(row, key, value, bar, value <= bar, "at most", what);

    /// <summary>A prediction beside what was measured: their ratio less 1 may be so much either way.</summary>
    public static BenchmarkResult Predicted(this BenchmarkResult row, string key, double predicted, double measured, string what) =>
        row.With($"predicted_{key}", predicted, 5).AtMost($"{key}_error", Math.Abs((predicted / measured) - 1), 0.1, $"{what} {predicted:0.#####}, off by");

    private static BenchmarkResult Add(BenchmarkResult row, string key, double value, double bar, bool passes, string side, string what)
    {
        var (mark, pass) = double.IsNaN(value) ? ("?", "unknown") : passes ? ("✓", "yes") : ("✗", "no");
        return row.With(key, value, 4).With($"{key}_bar", bar, 4).With($"{key}_pass", pass).Say($"{mark} {what}: {value:0.000} ({side} {bar:0.00})");
    }
}
