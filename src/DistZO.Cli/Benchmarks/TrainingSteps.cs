using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Benchmarks;

/// <summary>Train's own steps on a random model and random ids; every next token is learned, over the whole vocabulary.</summary>
internal sealed class TrainingSteps : IDisposable
{
    private readonly BenchmarkOptions _options;
    private readonly ModelArchitecture _architecture;
    private readonly Model _model;
    private readonly UpdateHistory _updates = new();
    private readonly LocalSteps _steps;

    /// <param name="device">Where the model lives; must outlive this.</param>
    /// <param name="options">Shape, batch, tokens and seed.</param>
    public TrainingSteps(Device device, BenchmarkOptions options)
        : this(options, part => RandomModel.Create(device, part, options.Seed))
    {
    }

    /// <param name="options">Shape, batch, tokens and seed.</param>
    /// <param name="create">Makes the model, of a part.</param>
    public TrainingSteps(BenchmarkOptions options, Func<ModelPart, Model> create)
    {
        (_options, _architecture) = (options, ModelShapes.Find(options.Shape));
        if (options.Tokens < 2 || options.Tokens > _architecture.MaxPositions)
        {
            throw new BadInputException(
                $"--tokens: {options.Tokens} is not between 2 and {_architecture.MaxPositions}, the positions of {options.Shape}");
        }

        var examples = Examples(_architecture.VocabularySize, options);
        var recipe = Recipe.Default.With(RecipeKeys.BatchSize, options.Batch).With(RecipeKeys.Seed, options.Seed).Resolve(examples.Length);
        recipe = recipe.With(RecipeKeys.Train, options.Train);
        _model = create(TrainedParts.Of(recipe, _architecture));
        _steps = new LocalSteps(recipe, examples, new ShareExecutor(_model, _updates, objective: null));
    }

    /// <summary>The model; owned by this.</summary>
    public Model Model => _model;

    /// <summary>Weights of the model.</summary>
    public long Parameters => _model.ParameterCount;

    /// <summary>Weights that are trained.</summary>
    public long Trained => _model.TrainedCount;

    /// <summary>
    /// Floating-point operations of a step's forward passes, both probes: 2 for each weight of a matrix and row, and the causal half of
    /// attention's two products. A sequence's last token predicts nothing, so it has no row.
    /// </summary>
    public double Operations
    {
        get
        {
            double matrices = _model.Architecture.Tensors.Where(tensor => tensor.Role == TensorRole.Matrix).Sum(Elements);
            if (_architecture.IsTied) matrices += Elements(_architecture.HeadMatrix);
            double length = _options.Tokens - 1;
            var products = 2 * matrices * length;
            var attention = 2 * length * (length + 1) * _architecture.Layers.Sum(layer => layer.Attention.Heads * layer.Attention.Width);
            return 2 * _options.Batch * (products + attention);
        }
    }

    /// <summary>One step: folds the last commit in passing, evaluates both probes, commits.</summary>
    public void Next() => _updates.Append(_steps.Compute(_updates.Count).ToUpdate());

    public void Dispose() => _model.Dispose();

    private static long Elements(TensorSpec matrix) => matrix.Shape[0] * matrix.Shape[1];

    private static EncodedExample[] Examples(int vocabulary, BenchmarkOptions options)
    {
        var random = new Random((int)(options.Seed & int.MaxValue));
        var examples = new EncodedExample[4 * options.Batch];
        for (var i = 0; i < examples.Length; i++)
        {
            int[] ids = [.. Enumerable.Range(0, options.Tokens).Select(_ => random.Next(vocabulary))];
            examples[i] = new EncodedExample(ids[..1], [new EncodedOption(ids[1..], 0)], 0, i + 1);
        }

        return examples;
    }
}
