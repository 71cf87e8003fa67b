using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// What the answers that a model wrote to held-out rows came to. Each score is rounded once to fixed point, so sums are exact and the
/// order of rows, and who had which, cannot matter.
/// </summary>
/// <param name="Names">Of the scores, as <see cref="Optimization.Recipe.AnswerMetrics"/>.</param>
/// <param name="Sums">Σ of each score over the rows, in units of 2⁻³².</param>
/// <param name="Unwritten">Rows to which nothing was written, since the weights gave no finite logits; they are not in the sums.</param>
public sealed record AnswerTotals(IReadOnlyList<string> Names, IReadOnlyList<Int128> Sums, int Unwritten)
{
    /// <summary>The totals of these rows and of others, by the same scores.</summary>
    public AnswerTotals Add(AnswerTotals other)
    {
        if (other.Sums.Count != Sums.Count) throw new ArgumentException($"{Sums.Count} scores and {other.Sums.Count}", nameof(other));
        return this with { Sums = [.. Sums.Zip(other.Sums, (a, b) => a + b)], Unwritten = Unwritten + other.Unwritten };
    }

    /// <summary>The mean of each score; NaN if something was not written, so that a diverged model is never the best one.</summary>
    /// <param name="rows">How many rows there are.</param>
    public IEnumerable<(string Name, double Value)> Means(int rows) =>
        Names.Zip(Sums, (name, sum) => (name, Unwritten > 0 ? double.NaN : (double)sum / FixedPoint.One / rows));
}
