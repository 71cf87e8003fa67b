using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>What an evaluation outside of a run reads: a model, as it is, and rows.</summary>
public sealed class EvaluationInputs : IDisposable
{
    private readonly Device _device;
    private readonly Checkpoint _checkpoint;
    private readonly Model _model;
    private readonly UpdateHistory _updates = new();
    private readonly TextScoring? _scoring;

    private EvaluationInputs(Recipe recipe, Device device, Checkpoint checkpoint, Model model, ExampleSet rows, bool allowsCommand)
    {
        (_device, _checkpoint, _model, Rows) = (device, checkpoint, model, rows);
        _scoring = TextScoring.Create(recipe, model, checkpoint, _updates, allowsCommand);
    }

    public ExampleSet Rows { get; }

    /// <summary>What written answers are scored by; empty where none are written.</summary>
    public IReadOnlyList<string> AnswerMetrics => _scoring?.Names ?? [];

    /// <summary>Opens a model and rows. The rows are read before the weights, so that a bad one is told at once.</summary>
    /// <param name="recipe">Its prompt, choices, objective and weights_dtype hold.</param>
    /// <param name="model">Directory of the model.</param>
    /// <param name="adapter">Directory of an adapter over it, in PEFT's layout; null for none.</param>
    /// <param name="data">The rows, JSON Lines.</param>
    /// <param name="trainFile">Where num_demos takes its demonstrations from; null if there are no training rows.</param>
    /// <param name="allowsCommand">As in <see cref="TextScorers.Require"/>.</param>
    /// <param name="openDevice">Opens the device.</param>
    /// <param name="notice">Told, in a line for people, where the weights are and what was found there.</param>
    public static EvaluationInputs Open(
        Recipe recipe, string model, string? adapter, string data, string? trainFile, bool allowsCommand, Func<Device> openDevice, Action<string> notice)
    {
        var checkpoint = Checkpoint.Open(model);
        Device? device = null;
        Model? loaded = null;
        try
        {
            var architecture = ModelFamilies.Describe(checkpoint);
            var added = adapter is null ? null : PeftReader.Read(adapter, architecture);
            var encoder = RunInputs.Encoder(recipe, checkpoint, added?.Part.Architecture ?? architecture, trainFile);
            var rows = ExampleSet.Load(data, encoder, RowUse.Evaluation);
            rows.RequireVocabulary(architecture.VocabularySize);
            device = openDevice();
            loaded = BaseWeights.Load(device, checkpoint, added, recipe, model => LargestPasses.OfEvaluation(recipe, model, rows.Examples), notice);
            return new EvaluationInputs(recipe, device, checkpoint, loaded, rows, allowsCommand);
        }
        catch
        {
            loaded?.Dispose();
            device?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Evaluates all rows.</summary>
    /// <param name="onPrediction">Called for every row, in order; may be null.</param>
    public EvaluationResult Run(Action<Prediction>? onPrediction) =>
        new Evaluator(_model, _updates, _scoring).Run(0, Rows, .., onPrediction);

    public void Dispose()
    {
        _scoring?.Dispose();
        _model.Dispose();
        _device.Dispose();
        _checkpoint.Dispose();
    }
}
