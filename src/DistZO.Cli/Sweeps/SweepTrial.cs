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

    /// <summary>Runs it to the evaluation at a step; the model is written at the last one. What was done before is not done again.</summary>
    /// <param name="step">A multiple of the recipe's <c>eval_steps</c>, or its last step.</param>
    /// <param name="threads">To compute on.</param>
    /// <param name="stopping">Asks it to stop after the step in flight.</param>
    /// <returns>False if it was stopped before.</returns>
    public bool RunTo(int step, int threads, CancellationToken stopping)
    {
        var own = recipe.With(RecipeKeys.Threads, threads).With(RecipeKeys.Output, folder);
        using var reached = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var inputs = RunInputs.Open(own, () => CpuDevices.Open(own));
        var isLast = step >= inputs.Recipe.Get(RecipeKeys.MaxSteps);
        var metrics = new MetricsFile(_directory.Metrics, own.Get(RecipeKeys.LoggingSteps));
        using var reporters = new RunReporters([metrics, new Milestone(step, isLast ? () => { } : reached.Cancel)]);
        if (Find(step) is null || isLast) LocalRun.Execute(inputs, _directory, reporters, metrics, TimeProvider.System, allowsCommand, reached.Token, out _);
        Latest = Find(step) ?? Latest;
        return Latest?.Step == step;
    }

    private EvaluationLog.Entry? Find(int step)
    {
        if (!File.Exists(_directory.Ledger)) return null;
        return new EvaluationLog(_directory.Evaluations).Of(Ledger.Read(_directory.Ledger)).FirstOrDefault(entry => entry.Step == step);
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
