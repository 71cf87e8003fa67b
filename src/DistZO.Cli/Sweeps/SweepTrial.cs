using DistZO.Cli.Cluster;
using DistZO.Cli.Commands;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Sweeps;

/// <summary>One run of a sweep, in a folder of its own. It can be run a part of the way and go on later, to the same bits.</summary>
/// <param name="values">What it tries.</param>
/// <param name="recipe">With these values.</param>
/// <param name="folder">Its output.</param>
/// <param name="allowsCommand">Whether it may run a program that the recipe names.</param>
internal sealed class SweepTrial(IReadOnlyList<(string Key, string Value)> values, Recipe recipe, string folder, bool allowsCommand)
{
    private readonly RunDirectory _directory = new(folder);

    public string Folder => folder;

    /// <summary>For people: <c>learning_rate 1e-6, zo_eps 1e-3</c>.</summary>
    public string Name => string.Join(", ", values.Select(value => $"{value.Key} {value.Value}"));

    /// <summary>The flags that make it again: <c>--learning-rate 1e-6 --zo-eps 1e-3</c>.</summary>
    public string Flags => string.Join(' ', values.Select(value => $"--{value.Key.Replace('_', '-')} {value.Value}"));

    public IReadOnlyList<string> Values => [.. values.Select(value => value.Value)];

    /// <summary>The last evaluation, of the step that the trial was run to; null before.</summary>
    public EvaluationLog.Entry? Latest { get; private set; }

    /// <summary>Whether it still takes part.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Whether its loss is no number: nothing can be said for it, however far it came.</summary>
    public bool IsDiverged => Latest is not null && !double.IsFinite(Value("loss"));

    /// <summary>The latest value of a metric; NaN without one.</summary>
    public double Value(string metric) => Latest?.Metrics.GetValueOrDefault(metric, double.NaN) ?? double.NaN;

    /// <summary>Refuses a recipe that cannot be, and what the folder holds already, if that is another run than this one or has more steps.</summary>
    /// <exception cref="BadInputException">It is so; the message names what differs.</exception>
    public void Require()
    {
        if (Read() is not { } ledger)
        {
            TrainedPartKeys.Require(recipe);
            return;
        }

        using var inputs = Open(Environment.ProcessorCount);
        IdentityDifferences.Refuse(ledger.Header.Identity, inputs.Identity(ledger.Header.Identity.Parent), ledger.Path, ledger.Steps);
        if (inputs.Recipe.Get(RecipeKeys.MaxSteps) is var most && ledger.Steps > most)
        {
            throw new BadInputException(
                $"{ledger.Path} has {ledger.Steps} steps already, and max_steps is {most}; give --max-steps {ledger.Steps} or more, or another --output");
        }
    }

    /// <summary>Runs it to the evaluation at a step; the model is written at the last one. What was done before is not done again.</summary>
    /// <param name="step">A multiple of the recipe's <c>eval_steps</c>, or its last step.</param>
    /// <param name="threads">To compute on.</param>
    /// <param name="stopping">Asks it to stop after the step in flight.</param>
    /// <returns>False if it was stopped before.</returns>
    public bool RunTo(int step, int threads, CancellationToken stopping)
    {
        using var reached = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var inputs = Open(threads);
        var isLast = step >= inputs.Recipe.Get(RecipeKeys.MaxSteps);
        if (isLast || Read() is not { } held || held.Steps < step)
        {
            var metrics = new MetricsFile(_directory.Metrics, inputs.Recipe.Get(RecipeKeys.LoggingSteps));
            using var reporters = new RunReporters([metrics, new Milestone(step, isLast ? () => { } : reached.Cancel)]);
            LocalRun.Execute(inputs, _directory, reporters, metrics, TimeProvider.System, allowsCommand, reached.Token, out _);
        }

        if (Read() is not { } ledger || ledger.Steps < step) return false;
        var log = new EvaluationLog(_directory.Evaluations, Convert.ToHexStringLower(inputs.Evaluation!.Digest()));
        if (log.Find(ledger.ChainAt(step)) is null && !stopping.IsCancellationRequested) Evaluate(inputs, ledger, step, log);
        Latest = log.Find(ledger.ChainAt(step)) ?? Latest;
        return Latest?.Step == step;
    }

    private RunInputs Open(int threads)
    {
        var own = recipe.With(RecipeKeys.Threads, threads).With(RecipeKeys.Output, folder);
        return RunInputs.Open(own, () => LocalDevices.Open(own));
    }

    private LedgerContents? Read() => File.Exists(_directory.Ledger) ? Ledger.Read(_directory.Ledger) : null;

    /// <summary>Evaluates a step that the run went past, on other rows or in a sweep of other lengths.</summary>
    private void Evaluate(RunInputs inputs, LedgerContents ledger, int step, EvaluationLog log)
    {
        var history = new RunHistory(ledger);
        new Weights(inputs.Model, inputs.Checkpoint, new SnapshotStore(_directory.Snapshots, int.MaxValue)).MoveTo(history, step, _ => { });
        using var scoring = TextScoring.Create(inputs.Recipe, inputs.Model, inputs.Checkpoint, history.Updates, allowsCommand);
        log.Add(step, ledger.ChainAt(step), new Evaluator(inputs.Model, history.Updates, scoring).Run(step, inputs.Evaluation!, ..));
    }

    /// <summary>Waits for the evaluation at a step.</summary>
    private sealed class Milestone(int step, Action reached) : IRunReporter
    {
        public void Started(RunSummary run)
        {
        }

        public void Step(StepMetrics metrics)
        {
        }

        public void Evaluated(EvaluationMetrics evaluation)
        {
            if (evaluation.Step >= step) reached();
        }

        public void Notice(NoticeLevel level, string name, string message)
        {
        }

        public void Finished(RunResult result)
        {
        }

        public void Dispose()
        {
        }
    }
}
