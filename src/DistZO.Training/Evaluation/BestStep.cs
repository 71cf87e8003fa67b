using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Which evaluation is the best: by accuracy with choices, by loss without, or as the recipe says. Ties go to the earlier one.</summary>
public static class BestStep
{
    /// <summary>The name of the metric that decides.</summary>
    public static string MetricName(Recipe recipe) => recipe.Get(RecipeKeys.MetricForBestModel) switch
    {
        BestMetric.Accuracy => "accuracy",
        BestMetric.MacroF1 => "macro_f1",
        BestMetric.Loss => "loss",
        BestMetric.Perplexity => "perplexity",
        _ => recipe.Get(RecipeKeys.Choices) is { Count: > 0 } ? "accuracy" : "loss",
    };

    /// <summary>Whether <paramref name="value"/> beats <paramref name="best"/>. NaN beats nothing.</summary>
    public static bool IsBetter(string metric, double value, double best)
    {
        if (double.IsNaN(value)) return false;
        if (double.IsNaN(best)) return true;
        return metric is "loss" or "perplexity" ? value < best : value > best;
    }

    /// <summary>The best of some evaluations in order; null if none has the metric.</summary>
    public static EvaluationLog.Entry? Of(IEnumerable<EvaluationLog.Entry> evaluations, string metric)
    {
        EvaluationLog.Entry? best = null;
        foreach (var entry in evaluations)
        {
            if (entry.Metrics.TryGetValue(metric, out var value) && IsBetter(metric, value, best is null ? double.NaN : best.Metrics[metric]))
                best = entry;
        }

        return best;
    }
}
