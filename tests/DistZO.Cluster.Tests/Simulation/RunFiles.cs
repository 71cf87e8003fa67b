using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cluster.Tests;

/// <summary>A tiny model, rows for it, and what a run of one process alone makes of them, by recipe.</summary>
public sealed class RunFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Outcome> _alone = [];
    private readonly string _family;
    private int _folders;

    public RunFiles() : this("opt")
    {
    }

    internal RunFiles(string family)
    {
        _family = family;
        TinyModel.Write(Model, seed: 1, family);
        TinyModel.WriteRows(Data, 23);
        TinyModel.WriteRows(Held, 7);
    }

    public string Model => _folder["model"];

    public string Data => _folder["train.jsonl"];

    public string Held => _folder["dev.jsonl"];

    /// <summary>What equal runs have in common.</summary>
    /// <param name="Records">The ledger's records.</param>
    /// <param name="Digest">Of the last weights.</param>
    /// <param name="Evaluations">By step, as the sidecar has them.</param>
    internal sealed record Outcome(string Records, string Digest, IReadOnlyDictionary<long, string> Evaluations);

    /// <summary>A recipe over these files.</summary>
    internal Recipe Recipe(int steps, params (string Key, string Value)[] more) => Optimization.Recipe.Default.WithFlags(
        [
            ("model", Model), ("data", Data), ("eval-data", Held), ("max-steps", $"{steps}"),
            ("prompt", TinyModel.Question(_family).Prompt), ("choices", TinyModel.Question(_family).Choices), ("batch-size", "4"), ("learning-rate", "1e-3"), ("eval-steps", "5"), ("threads", "1"),
        ]).WithFlags(more);

    /// <summary>A new folder for a ledger.</summary>
    internal RunDirectory NewDirectory()
    {
        var path = _folder[$"run-{Interlocked.Increment(ref _folders)}"];
        Directory.CreateDirectory(path);
        return new RunDirectory(path);
    }

    /// <summary>Model and data, opened for one rank.</summary>
    internal RunInputs Open(Recipe recipe)
    {
        recipe = recipe.With(RecipeKeys.Model, Model).With(RecipeKeys.TrainFile, Data);
        return RunInputs.Open(recipe, () => CpuDevice.Open(1));
    }

    /// <summary>The undisturbed run of one device: no coordinator, no worker, the plainest loop there is.</summary>
    internal Outcome Alone(Recipe recipe)
    {
        var key = recipe.ToJson();
        lock (_alone)
        {
            if (_alone.TryGetValue(key, out var known)) return known;
            using var inputs = Open(recipe);
            var history = new RunHistory(inputs.Identity(null).Start);
            using var scoring = TextScoring.Create(inputs.Recipe, inputs.Model, inputs.Checkpoint, history.Updates, allowsCommand: true);
            var steps = new LocalSteps(inputs.Recipe, inputs.Train.Examples, ShareExecutors.Create(inputs, history.Updates, scoring));
            var evaluator = new Evaluator(inputs.Model, history.Updates, scoring);
            var records = new List<string>();
            var evaluations = new Dictionary<long, string>();
            var last = inputs.Recipe.Get(RecipeKeys.MaxSteps);
            var patience = new EarlyStopping(inputs.Recipe.Get(RecipeKeys.EarlyStoppingPatience));
            var (metric, best) = (BestStep.MetricName(inputs.Recipe), double.NaN);
            var stops = Evaluate(0);
            for (var step = 0; step < last && !stops; step++)
            {
                var payload = RecordCodec.Encode(steps.Compute(step));
                records.Add(Convert.ToHexString(payload));
                history.Append(payload);
                stops = Evaluate(step + 1);
            }

            inputs.Model.Fold(history.Updates, history.Steps);
            return _alone[key] = new Outcome(string.Join('\n', records), WeightsDigest.Text(inputs.Model.Digest()), evaluations);

            bool Evaluate(int step)
            {
                if (inputs.Evaluation is not { } rows) return false;
                if (step % inputs.Recipe.Get(RecipeKeys.EvalSteps) != 0 && step != last) return false;
                var metrics = evaluator.Run(step, rows, ..).Metrics.ToDictionary(m => m.Name, m => m.Value);
                evaluations[step] = Text(metrics);
                var isBest = BestStep.IsBetter(metric, metrics[metric], best);
                if (isBest) best = metrics[metric];
                return patience.ShouldStop(new EvaluationMetrics(step, [], isBest));
            }
        }
    }

    /// <summary>The digest of the weights that a ledger leads to.</summary>
    internal string Replay(Recipe recipe, LedgerContents ledger)
    {
        using var inputs = Open(recipe);
        var history = new RunHistory(ledger);
        inputs.Model.Fold(history.Updates, history.Steps);
        return WeightsDigest.Text(inputs.Model.Digest());
    }

    internal static string Text(IReadOnlyDictionary<string, double> metrics) =>
        string.Join(' ', metrics.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}={BitConverter.DoubleToInt64Bits(m.Value):x}"));

    public void Dispose() => _folder.Dispose();
}
