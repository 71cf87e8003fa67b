using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// What is told of a run while it goes on: metrics of its steps, its evaluations and which of them is the best, warnings. All of it
/// can be made again from the ledger and the sidecar of evaluations.
/// </summary>
internal sealed class RunChronicle
{
    private readonly RunBook _book;
    private readonly IRunReporter _reporter;
    private readonly MetricsFile _metrics;
    private readonly StepTracker _tracker;
    private EarlyStopping _patience;
    private readonly string _metric;
    private readonly List<EvaluationMetrics> _told = [];
    private EvaluationLog _log;
    private double _best = double.NaN;

    /// <param name="book">A run that has begun.</param>
    /// <param name="rows">Digest of the held-out rows; null if it is not known.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="metrics">One of the reporters: the one that is told again what a crash lost.</param>
    /// <param name="time">The clock of what is shown.</param>
    public RunChronicle(RunBook book, string? rows, IRunReporter reporter, MetricsFile metrics, TimeProvider time)
    {
        (_book, _reporter, _metrics) = (book, reporter, metrics);
        _tracker = new StepTracker(book.Recipe, book.Identity.Rows, book.Directory.Ledger, time);
        _patience = Patience();
        _metric = BestStep.MetricName(book.Recipe);
        _log = new EvaluationLog(book.Directory.Evaluations, rows);
        Rows = rows;
    }

    /// <summary>Digest of the held-out rows; null if it is not known.</summary>
    public string? Rows { get; private set; }

    /// <summary>The last step's metrics.</summary>
    public StepMetrics? Step { get; private set; }

    /// <summary>Evaluations in order of steps.</summary>
    public IReadOnlyList<EvaluationMetrics> Evaluations => _told;

    /// <summary>The best evaluation so far.</summary>
    public EvaluationMetrics? Best { get; private set; }

    /// <summary>Steps that were skipped.</summary>
    public long SkippedSteps { get; private set; }

    /// <summary>Early stopping: evaluations got no better.</summary>
    public bool WantsToStop { get; private set; }

    /// <summary>Since this process began.</summary>
    public double ElapsedSeconds => _tracker.ElapsedSeconds;

    /// <summary>Whether the weights now were evaluated.</summary>
    public bool IsEvaluated => _log.Find(_book.Chain) is not null;

    /// <summary>Goes through what the ledger holds already, and tells the lines again that a crash lost.</summary>
    /// <param name="tokensOf">Tokens of a step's batch, from whoever has the data; null if nobody does.</param>
    public void TellAgain(Func<int, long>? tokensOf)
    {
        var told = _metrics.CutBack(_book.Steps);
        var evaluations = _log.Of(_book.Contents()).ToDictionary(entry => entry.Step);
        Recall(0);
        foreach (var record in _book.Records)
        {
            var step = _tracker.Replayed(record, tokensOf?.Invoke((int)record.Step));
            _tracker.Diverges(step);
            Count(step);
            // A parent's steps have their lines in its own file: they were made by another recipe.
            if (step.Step > Math.Max(told.LastStep, _book.FirstStep)) _metrics.Step(step);
            Recall(step.Step);
        }

        void Recall(int step)
        {
            if (!evaluations.TryGetValue(step, out var entry)) return;
            var evaluation = Remember(step, entry.Metrics);
            if (!told.Evaluations.Contains(step)) _metrics.Evaluated(evaluation);
        }
    }

    /// <summary>A worker brought the held-out rows after the run had begun without them.</summary>
    public void AdoptRows(string digest)
    {
        Rows = digest;
        _log = new EvaluationLog(_book.Directory.Evaluations, digest);
        _told.Clear();
        (_best, Best) = (double.NaN, null);
        // What earlier rows came to, or the same ones, counts no more, or not twice.
        (_patience, WantsToStop) = (Patience(), false);
        foreach (var entry in _log.Of(_book.Contents())) Remember(entry.Step, entry.Metrics);
    }

    /// <summary>A step is durable.</summary>
    /// <returns>Its metrics.</returns>
    public StepMetrics Committed(StepRecord record, long tokens, double seconds, double scoringSeconds)
    {
        var told = _tracker.Committed(record, tokens, seconds);
        if (scoringSeconds > 0) told = told with { ScoringSeconds = scoringSeconds };
        Count(told);
        _reporter.Step(told);
        if (told.Skipped)
        {
            Notice(
                NoticeLevel.Warning,
                "skipped_step",
                $"step {told.Step} is skipped: a loss was not finite or too large; the weights stay as they are");
        }

        if (_tracker.Diverges(told) is { } warning) Notice(NoticeLevel.Warning, "divergence", warning);
        return told;
    }

    /// <summary>An evaluation of the weights now is complete.</summary>
    public EvaluationMetrics Evaluated(EvaluationResult result)
    {
        _log.Add(_book.Steps, _book.Chain, result);
        var evaluation = Remember(_book.Steps, result.Metrics.ToDictionary(m => m.Name, m => m.Value));
        _reporter.Evaluated(evaluation);
        return evaluation;
    }

    /// <summary>The step whose weights are written: the last, or the best if the recipe says so and there is one.</summary>
    public int ExportedStep()
    {
        if (_book.Recipe.Get(RecipeKeys.Export) != Optimization.ExportedStep.Best) return _book.Steps;
        if (BestStep.Of(_log.Of(_book.Contents()), _metric) is { } best) return best.Step;
        Notice(NoticeLevel.Warning, "export", "export: best, but there is no evaluation (no eval_file); the last step is written");
        return _book.Steps;
    }

    /// <summary>The first evaluation of the run, and that of a step's weights (the last one if those were not evaluated).</summary>
    public (EvaluationMetrics? Before, EvaluationMetrics? After) Around(int step)
    {
        var before = _told.FirstOrDefault(evaluation => evaluation.Step == _book.FirstStep);
        var after = _told.LastOrDefault(evaluation => evaluation.Step == step) ?? _told.LastOrDefault();
        return (before, after is null ? null : after with { IsBest = false });
    }

    public void Notice(NoticeLevel level, string name, string message) => _reporter.Notice(level, name, message);

    private EarlyStopping Patience() => new(_book.Recipe.Get(RecipeKeys.EarlyStoppingPatience));

    private void Count(StepMetrics step)
    {
        Step = step;
        if (step.Skipped) SkippedSteps++;
    }

    /// <summary>Takes an evaluation, new or from the sidecar, in order of steps.</summary>
    private EvaluationMetrics Remember(int step, IReadOnlyDictionary<string, double> values)
    {
        var value = values.GetValueOrDefault(_metric, double.NaN);
        var isBest = BestStep.IsBetter(_metric, value, _best);
        var evaluation = new EvaluationMetrics(step, [.. values.OrderByDescending(v => v.Key == _metric)], isBest);
        if (isBest) (_best, Best) = (value, evaluation);
        _told.Add(evaluation);
        WantsToStop |= _patience.ShouldStop(evaluation);
        return evaluation;
    }
}
