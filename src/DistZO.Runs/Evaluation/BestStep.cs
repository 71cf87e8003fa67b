using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Runs;

/// <summary>
/// Which evaluation is the best: by the first score of written answers where there are any, by accuracy with choices, else by loss; or as
/// the recipe says. Ties go to the earlier one.
/// </summary>
public static class BestStep
{
    /// <summary>The name of the metric that decides.</summary>
    public static string MetricName(Recipe recipe) => recipe.Get(RecipeKeys.MetricForBestModel) switch
    {
        BestMetric.Accuracy => "accuracy",
        BestMetric.MacroF1 => "macro_f1",
        BestMetric.Loss => "loss",
        BestMetric.Perplexity => "perplexity",
        BestMetric.F1 => "f1",
        BestMetric.ExactMatch => "exact_match",
        BestMetric.Score => "score",
        _ => recipe.AnswerMetrics.FirstOrDefault() ?? (recipe.HasChoices ? "accuracy" : "loss"),
    };

    /// <summary>
    /// Throws <see cref="BadInputException"/> where a recipe lets evaluations decide something that they do not measure, which would be
    /// ignored without a word.
    /// </summary>
    public static void Require(Recipe recipe)
    {
        if (recipe.Get(RecipeKeys.EarlyStoppingPatience) is not null && recipe.Get(RecipeKeys.EvalFile) is null)
            throw new BadInputException("early_stopping_patience needs evaluations; give held-out rows with --eval-data");
        var (rows, ofProbabilities) = !recipe.HasChoices ? ("without choices", new[] { "loss", "perplexity" })
            : recipe.Get(RecipeKeys.Task) is TaskName.Record ? ("with options of their own", ["accuracy", "loss"])
            : ("with choices", ["accuracy", "macro_f1", "loss"]);
        string[] measured = [.. recipe.AnswerMetrics, .. ofProbabilities];
        var metric = MetricName(recipe);
        if (!measured.Contains(metric))
        {
            throw new BadInputException($"metric_for_best_model: {metric} is not measured of rows {rows}; use one of {string.Join(", ", measured)}");
        }
    }

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
