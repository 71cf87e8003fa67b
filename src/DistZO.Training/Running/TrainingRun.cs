using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>
/// One run on one process, from its first step or from wherever its ledger ends: compute, make durable, fold, evaluate, snapshot,
/// export. Everything but the ledger can be made again from it, so a kill at any moment loses at most the step in flight.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly RunInputs _inputs;
    private readonly RunDirectory _directory;
    private readonly IRunReporter _reporter;
    private readonly TimeProvider _time;
    private readonly LedgerWriter _ledger;
    private readonly UpdateHistory _updates;
    private readonly SnapshotStore _snapshots;
    private readonly EvaluationLog _evaluations;
    private readonly Weights _weights;
    private readonly LocalSteps _steps;
    private readonly Evaluator _evaluator;
    private readonly StepTracker _tracker;
    private readonly EarlyStopping _patience;
    private readonly RunForecast _forecast;
    private LedgerContents _contents;
    private EvaluationMetrics? _first;
    private EvaluationMetrics? _last;
    private double _best = double.NaN;
    private bool _stop;
    private bool _lacksEvaluation;

    private TrainingRun(
        RunInputs inputs, RunDirectory directory, IRunReporter reporter, TimeProvider time, LedgerWriter ledger, LedgerContents contents)
    {
        (_inputs, _directory, _reporter, _time, _ledger, _contents) = (inputs, directory, reporter, time, ledger, contents);
        var recipe = inputs.Recipe;
        _updates = Weights.UpdatesOf(contents);
        _snapshots = new SnapshotStore(directory.Snapshots, recipe.Get(RecipeKeys.SaveTotalLimit));
        _evaluations = new EvaluationLog(directory.Evaluations, inputs.Evaluation is { } rows ? Convert.ToHexStringLower(rows.Digest()) : null);
        _weights = new Weights(inputs.Model, inputs.Checkpoint, _snapshots);
        _steps = new LocalSteps(recipe, inputs.Train.Examples, new ShareExecutor(inputs.Model, _updates));
        _evaluator = new Evaluator(inputs.Model, _updates);
        _tracker = new StepTracker(recipe, inputs.Train.Examples.Count, directory.Ledger, time);
        _patience = new EarlyStopping(recipe.Get(RecipeKeys.EarlyStoppingPatience));
        _forecast = new RunForecast(inputs, directory, SaveInterval, EvaluationInterval, time);
    }

    /// <summary>The ledger's chain hash now.</summary>
    public ChainHash Chain => _ledger.Chain;

    private Recipe Recipe => _inputs.Recipe;

    /// <summary>Where the run's own steps begin: a fork has its parent's before them.</summary>
    private int FirstStep => (int)(_contents.Header.Identity.Parent?.Steps ?? 0);

    private int MaxSteps => Recipe.Get(RecipeKeys.MaxSteps);

    private int SaveInterval => Recipe.Get(RecipeKeys.SaveSteps) ?? SnapshotStore.AutomaticInterval(_inputs.Model.ParameterCount);

    /// <summary>Besides before the first step and after the last.</summary>
    private int EvaluationInterval => Recipe.Get(RecipeKeys.EvalSteps) ?? MaxSteps;

    /// <summary>
    /// Opens the run of an output directory: its ledger if there is one (which must belong to the same identity), else a new one.
    /// </summary>
    /// <param name="inputs">Base model, data, recipe; the caller keeps owning them.</param>
    /// <param name="directory">The output.</param>
    /// <param name="reporter">Is told what happens; the caller keeps owning it.</param>
    /// <param name="time">The clock of everything that is shown.</param>
    public static TrainingRun Open(RunInputs inputs, RunDirectory directory, IRunReporter reporter, TimeProvider time)
    {
        BestStep.Require(inputs.Recipe);
        LedgerWriter ledger;
        LedgerContents contents;
        if (File.Exists(directory.Ledger))
        {
            ledger = LedgerWriter.Open(directory.Ledger, out contents);
        }
        else
        {
            CheckpointWriter.RequirePlace(inputs.Checkpoint, directory.Path);
            LedgerWriter.Create(directory.Ledger, new LedgerHeader(inputs.Identity(parent: null), inputs.Recipe)).Dispose();
            ledger = LedgerWriter.Open(directory.Ledger, out contents);
        }

        try
        {
            var recorded = contents.Header.Identity;
            IdentityDifferences.Refuse(recorded, inputs.Identity(recorded.Parent), directory.Ledger, contents.Steps);
            if (contents.TornNotice is { } notice) reporter.Notice(NoticeLevel.Information, "torn", notice);
            return new TrainingRun(inputs, directory, reporter, time, ledger, contents);
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>Runs to the last step, or until cancelled, in which case the step in flight is still committed.</summary>
    /// <param name="metrics">The metrics file, cut back to the ledger before anything is told to it.</param>
    /// <param name="stopping">Asks the run to stop after the step in flight.</param>
    public RunResult Execute(MetricsFile metrics, CancellationToken stopping)
    {
        var committed = (int)_ledger.Steps;
        _reporter.Started(new RunSummary
        {
            Model = _inputs.Checkpoint.Directory,
            Parameters = _inputs.Model.ParameterCount,
            Rows = _inputs.Train.Examples.Count,
            BatchSize = Recipe.Get(RecipeKeys.BatchSize),
            CommittedSteps = committed,
            MaxSteps = MaxSteps,
            Ledger = _directory.Ledger,
        });
        TellAgain(metrics);
        MoveWeights(committed);
        EvaluateIfDue(stopping);
        while (_ledger.Steps < MaxSteps && !_stop && !stopping.IsCancellationRequested) RunStep(stopping);

        var interrupted = _lacksEvaluation || (_ledger.Steps < MaxSteps && !_stop);
        // An interrupted run writes no snapshot: the ledger is enough to go on, and whoever sent the signal is waiting.
        if (!interrupted) Export();
        return Result(interrupted ? RunOutcome.Interrupted
            : _stop ? RunOutcome.StoppedEarly
            : committed >= MaxSteps ? RunOutcome.FinishedBefore
            : RunOutcome.Completed);
    }

    public void Dispose() => _ledger.Dispose();

    private void RunStep(CancellationToken stopping)
    {
        var began = _time.GetTimestamp();
        var step = (int)_ledger.Steps;
        var record = _steps.Compute(step);
        // Durable first: only a committed step is folded or shown.
        _ledger.Append(record);
        _updates.Append(record.ToUpdate());
        var seconds = _time.GetElapsedTime(began).TotalSeconds;
        var told = _tracker.Committed(record, _steps.Tokens, seconds);
        _reporter.Step(told);
        if (told.Skipped)
        {
            _reporter.Notice(
                NoticeLevel.Warning,
                "skipped_step",
                $"step {told.Step} is skipped: a loss was not finite or too large; the weights stay as they are");
        }

        if (_tracker.Diverges(told) is { } warning) _reporter.Notice(NoticeLevel.Warning, "divergence", warning);
        if (_forecast.AfterStep(told, seconds) is { } forecast) _reporter.Notice(NoticeLevel.Information, "forecast", forecast);
        if (told.Step % SaveInterval == 0 && told.Step < MaxSteps) Save();
        EvaluateIfDue(stopping);
    }

    private void MoveWeights(int step) =>
        _weights.MoveTo(_contents, _updates, step, message => _reporter.Notice(NoticeLevel.Warning, "snapshot", message));

    /// <summary>Makes the lines of the metrics file again that a crash lost; ledger and sidecar have all that they say.</summary>
    private void TellAgain(MetricsFile metrics)
    {
        var told = metrics.CutBack((int)_ledger.Steps);
        var evaluations = _evaluations.Of(_contents).ToDictionary(entry => entry.Step);
        Recall(0);
        foreach (var record in _contents.Records)
        {
            var step = _tracker.Replayed(record, _steps.TokensOf((int)record.Step));
            _tracker.Diverges(step);
            // A parent's steps have their lines in its own file: they were made by another recipe.
            if (step.Step > Math.Max(told.LastStep, FirstStep)) metrics.Step(step);
            Recall(step.Step);
        }

        void Recall(int step)
        {
            if (!evaluations.TryGetValue(step, out var entry)) return;
            var evaluation = Remember(step, entry.Metrics);
            if (!told.Evaluations.Contains(step)) metrics.Evaluated(evaluation);
        }
    }

    private void EvaluateIfDue(CancellationToken stopping)
    {
        var step = (int)_ledger.Steps;
        if (_inputs.Evaluation is not { } examples) return;
        if (step != FirstStep && step % EvaluationInterval != 0 && step != MaxSteps) return;
        if (_evaluations.Find(_ledger.Chain) is not null) return;
        var began = _time.GetTimestamp();
        EvaluationResult result;
        try
        {
            result = _evaluator.Run(step, examples, onPrediction: null, stopping);
        }
        catch (OperationCanceledException)
        {
            // It is made again when the run goes on; until then the run is not at its end, whatever the step.
            _lacksEvaluation = true;
            return;
        }

        _evaluations.Add(step, _ledger.Chain, result);
        _reporter.Evaluated(Remember(step, result.Metrics.ToDictionary(m => m.Name, m => m.Value)));
        _forecast.AfterEvaluation(_time.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Takes an evaluation, new or from the sidecar, in order of steps.</summary>
    private EvaluationMetrics Remember(int step, IReadOnlyDictionary<string, double> values)
    {
        var metric = BestStep.MetricName(Recipe);
        var value = values.GetValueOrDefault(metric, double.NaN);
        var isBest = BestStep.IsBetter(metric, value, _best);
        if (isBest) _best = value;
        var evaluation = new EvaluationMetrics(step, [.. values.OrderByDescending(v => v.Key == metric)], isBest);
        if (step == FirstStep) _first = evaluation;
        _last = evaluation;
        _stop |= _patience.ShouldStop(evaluation);
        return evaluation;
    }

    private void Save()
    {
        _inputs.Model.Fold(_updates, (int)_ledger.Steps);
        _snapshots.Save(_inputs.Model, (int)_ledger.Steps, _ledger.Chain);
    }

    /// <summary>Writes the Hugging Face directory of the last step, or of the best, unless it stands there already.</summary>
    private void Export()
    {
        _contents = Ledger.Read(_directory.Ledger);
        var step = (int)_ledger.Steps;
        if (Recipe.Get(RecipeKeys.Export) == ExportedStep.Best)
        {
            var best = BestStep.Of(_evaluations.Of(_contents), BestStep.MetricName(Recipe));
            const string NoEvaluation = "export: best, but there is no evaluation (no eval_file); the last step is written";
            if (best is null) _reporter.Notice(NoticeLevel.Warning, "export", NoEvaluation);
            else step = best.Step;
        }

        var saveType = Recipe.Get(RecipeKeys.SaveDtype);
        var chain = _contents.Chains[step];
        if (_evaluations.Find(chain) is { } entry) _last = new EvaluationMetrics(step, [.. entry.Metrics], IsBest: false);
        if (ModelExport.IsDone(_directory, step, chain, saveType)) return;
        MoveWeights(step);
        ModelExport.Unmark(_directory);
        ModelExport.Write(_inputs.Model, _inputs.Checkpoint, _directory.Path, saveType);
        ModelExport.MarkDone(_directory, step, chain, saveType);
    }

    private RunResult Result(RunOutcome outcome) => new()
    {
        Outcome = outcome,
        Steps = (int)_ledger.Steps,
        ElapsedSeconds = _tracker.ElapsedSeconds,
        Output = _directory.Path,
        Before = _first,
        After = _last,
    };
}
