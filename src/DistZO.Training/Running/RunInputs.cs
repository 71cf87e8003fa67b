using DistZO.Devices;
using DistZO.Models;
using DistZO.Models.Chat;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Everything that a run reads: the base model on its device, its tokenizer, the encoded rows, the resolved recipe.</summary>
public sealed class RunInputs : IDisposable
{
    private RunInputs(Recipe recipe, Device device, Checkpoint checkpoint, Model model, IReadOnlyList<string> notices, string baseDigest, ExampleSet train, ExampleSet? evaluation)
    {
        (Recipe, Device, Checkpoint, Model, Notices, BaseDigest, Train, Evaluation) = (recipe, device, checkpoint, model, notices, baseDigest, train, evaluation);
    }

    /// <summary>Resolved for the training rows.</summary>
    public Recipe Recipe { get; }

    public Device Device { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>Starts at the base weights.</summary>
    public Model Model { get; }

    /// <summary>For people, a line each: where the weights are, and what was found there.</summary>
    public IReadOnlyList<string> Notices { get; }

    public ExampleSet Train { get; }

    /// <summary>Held-out rows, if there are any.</summary>
    public ExampleSet? Evaluation { get; }

    /// <summary>Digest of the base model's logical tensors, hexadecimal.</summary>
    public string BaseDigest { get; }

    /// <summary>Opens what a recipe names. The data are read before the weights, so that a bad row is told at once.</summary>
    /// <param name="recipe">Names the model and the data; need not be resolved.</param>
    /// <param name="openDevice">Opens the device; called once the data are known to be sound.</param>
    /// <param name="trace">Takes what is computed and moved when; null for nobody.</param>
    public static RunInputs Open(Recipe recipe, Func<Device> openDevice, ITraceSink? trace = null)
    {
        recipe = DataFolder.Resolve(recipe);
        var directory = Required(recipe, RecipeKeys.Model, "--model");
        var trainFile = Required(recipe, RecipeKeys.TrainFile, "--data");
        var checkpoint = Checkpoint.Open(directory);
        Device? device = null;
        try
        {
            var encoder = Encoder(recipe, checkpoint, trainFile);
            var train = ExampleSet.Load(trainFile, encoder, RowUse.Training);
            var evaluation = recipe.Get(RecipeKeys.EvalFile) is { } path ? ExampleSet.Load(path, encoder, RowUse.Evaluation) : null;
            var resolved = recipe.Resolve(train.Examples.Count);
            train.RequireBatchSize(resolved.Get(RecipeKeys.BatchSize));
            var vocabulary = ModelFamilies.Describe(checkpoint).VocabularySize;
            train.RequireVocabulary(vocabulary);
            evaluation?.RequireVocabulary(vocabulary);
            var placement = BaseWeights.Place(checkpoint, recipe);
            device = openDevice();
            var digest = BaseModel.Digest(checkpoint);
            var notices = new List<string>();
            var model = BaseWeights.Load(device, checkpoint, recipe, placement, () => digest, notices.Add, initial: null, trace);
            if (placement.Description is { } where) notices.Insert(0, where);
            return new RunInputs(resolved, device, checkpoint, model, notices, digest, train, evaluation);
        }
        catch
        {
            device?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The encoder of a recipe's rows for the model of a checkpoint.</summary>
    /// <param name="recipe">Says what rows are.</param>
    /// <param name="checkpoint">The model.</param>
    /// <param name="trainFile">Where num_demos takes its demonstrations from; null if there are no training rows.</param>
    public static ExampleEncoder Encoder(Recipe recipe, Checkpoint checkpoint, string? trainFile)
    {
        var architecture = TrainedParts.Of(recipe, checkpoint).Architecture;
        var tokenizer = Tokenizer.Load(checkpoint.Directory);
        var options = PromptOptions.Of(recipe, architecture.MaxPositions) with { EndTokens = EndTokens.Of(checkpoint) };
        var chat = new Lazy<ChatTemplate>(() => ChatTemplate.Load(checkpoint.Directory));
        return new ExampleEncoder(new TokenizerTextEncoder(tokenizer), options, Demonstrations.Of(recipe, options, trainFile), chat)
        {
            Mask = MaskFilling.Of(architecture, tokenizer, checkpoint.Directory),
        };
    }

    /// <summary>The identity of a run on these inputs.</summary>
    /// <param name="parent">Where the run was forked from, if it was.</param>
    public RunIdentity Identity(ParentRun? parent) => RunIdentity.Create(
        Recipe,
        BaseDigest,
        TrainedParts.Layouts(Model.Part).Layout,
        Convert.ToHexStringLower(Train.Digest()),
        Train.Examples.Count,
        Device.Arithmetic,
        Model.Initial.Digest,
        TrainedParts.Layouts(Model.Part).Frozen,
        parent);

    public void Dispose()
    {
        Model.Dispose();
        Device.Dispose();
        Checkpoint.Dispose();
    }

    private static string Required(Recipe recipe, RecipeKey<string?> key, string flag) =>
        recipe.Get(key) ?? throw new BadInputException($"{key.Name} is not set; give it with {flag} or in the recipe");
}
