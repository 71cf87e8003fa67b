using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Runs;

/// <summary>
/// Turns committed records into metrics: smoothed loss, speed, time left, divergence. What it says of a record depends on the records
/// before it only, so steps whose lines a crash lost are told again the same; only times belong to this process.
/// </summary>
public sealed class StepTracker
{
    private const int SpeedWindow = 20;
    private readonly Recipe _recipe;
    private readonly MezoSgd _method;
    private readonly LearningRateSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly long _rows;
    private readonly long _started;
    private readonly SmoothedLoss _smoothed = new();
    private readonly DivergenceMonitor _divergence;
    private readonly Queue<(double Seconds, long Tokens)> _recent = [];
    private double _recentSeconds;
    private long _recentTokens;

    public StepTracker(Recipe recipe, long rows, string ledger, TimeProvider time)
    {
        (_recipe, _rows, _time, _started) = (recipe, rows, time, time.GetTimestamp());
        _method = new MezoSgd(recipe);
        _schedule = new LearningRateSchedule(recipe);
        _divergence = new DivergenceMonitor(ledger, recipe.Get(RecipeKeys.LearningRate), recipe.Get(RecipeKeys.ZoEps));
    }

    /// <summary>Since this process began to train.</summary>
    public double ElapsedSeconds => _time.GetElapsedTime(_started).TotalSeconds;

    /// <summary>Metrics of a record that this process did not compute.</summary>
    public StepMetrics Replayed(StepRecord record, long? tokens) => Describe(record, tokens);

    /// <summary>Metrics of a record that took <paramref name="seconds"/> to compute and commit.</summary>
    public StepMetrics Committed(StepRecord record, long tokens, double seconds)
    {
        _recent.Enqueue((seconds, tokens));
        (_recentSeconds, _recentTokens) = (_recentSeconds + seconds, _recentTokens + tokens);
        if (_recent.Count > SpeedWindow)
        {
            var (oldSeconds, oldTokens) = _recent.Dequeue();
            (_recentSeconds, _recentTokens) = (_recentSeconds - oldSeconds, _recentTokens - oldTokens);
        }

        var metrics = Describe(record, tokens);
        return metrics with
        {
            TokensPerSecond = _recentTokens / Math.Max(_recentSeconds, 1e-9),
            ElapsedSeconds = ElapsedSeconds,
            RemainingSeconds = _recentSeconds / _recent.Count * (metrics.MaxSteps - metrics.Step),
        };
    }

    /// <summary>The warning that is due after this step, if any.</summary>
    public string? Diverges(StepMetrics metrics) => _divergence.Add(metrics.Step, metrics.SmoothedLoss);

    private StepMetrics Describe(StepRecord record, long? tokens)
    {
        var skipped = record.Status == StepStatus.Skipped;
        var loss = skipped ? double.NaN : record.MeanLoss;
        return new StepMetrics
        {
            Step = (int)record.Step + 1,
            MaxSteps = _recipe.Get(RecipeKeys.MaxSteps),
            Epoch = (double)(record.Step + 1) * _recipe.Get(RecipeKeys.BatchSize) / _rows,
            Loss = loss,
            SmoothedLoss = _smoothed.Add(loss),
            LearningRate = _schedule.At(record.Step),
            ProjectedGradient = skipped ? double.NaN : _method.ProjectedGradient(record.Directions[0], record.Terms),
            Skipped = skipped,
            Tokens = tokens,
        };
    }
}
