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

    private EvaluationInputs(Device device, Checkpoint checkpoint, Model model, ExampleSet rows) =>
        (_device, _checkpoint, _model, Rows) = (device, checkpoint, model, rows);

    public ExampleSet Rows { get; }

    /// <summary>Opens a model and rows. The rows are read before the weights, so that a bad one is told at once.</summary>
    /// <param name="recipe">Its prompt, choices and weights_dtype hold.</param>
    /// <param name="model">Directory of the model.</param>
    /// <param name="adapter">Directory of an adapter over it, in PEFT's layout; null for none.</param>
    /// <param name="data">The rows, JSON Lines.</param>
    /// <param name="trainFile">Where num_demos takes its demonstrations from; null if there are no training rows.</param>
    /// <param name="openDevice">Opens the device.</param>
    public static EvaluationInputs Open(Recipe recipe, string model, string? adapter, string data, string? trainFile, Func<Device> openDevice)
    {
        var checkpoint = Checkpoint.Open(model);
        Device? device = null;
        try
        {
            var architecture = ModelFamilies.Describe(checkpoint);
            var added = adapter is null ? null : PeftReader.Read(adapter, architecture);
            var encoder = RunInputs.Encoder(recipe, checkpoint, added?.Part.Architecture ?? architecture, trainFile);
            var rows = ExampleSet.Load(data, encoder, RowUse.Evaluation);
            rows.RequireVocabulary(architecture.VocabularySize);
            device = openDevice();
            var loaded = BaseWeights.Load(device, checkpoint, added, recipe.Get(RecipeKeys.WeightsDtype));
            return new EvaluationInputs(device, checkpoint, loaded, rows);
        }
        catch
        {
            device?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Evaluates all rows.</summary>
    /// <param name="onPrediction">Called for every row, in order; may be null.</param>
    public EvaluationResult Run(Action<Prediction>? onPrediction) =>
        new Evaluator(_model, new UpdateHistory()).Run(0, Rows, .., onPrediction);

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
        _checkpoint.Dispose();
    }
}
