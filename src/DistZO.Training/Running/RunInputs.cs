using DistZO.Devices;
using DistZO.Models;
using DistZO.Models.Chat;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Everything that a run reads: the base model on its device, its tokenizer, the encoded rows, the resolved recipe.</summary>
public sealed class RunInputs : IDisposable
{
    private readonly IReadOnlyList<Device> _devices;
    private readonly Collective? _collective;

    private RunInputs(
        Recipe recipe, IReadOnlyList<Device> devices, Collective? collective, Checkpoint checkpoint, ModelSlots slots, IReadOnlyList<string> notices, string baseDigest, ExampleSet train, ExampleSet? evaluation)
    {
        (Recipe, _devices, _collective, Checkpoint, Slots, Notices, BaseDigest, Train, Evaluation) = (recipe, devices, collective, checkpoint, slots, notices, baseDigest, train, evaluation);
    }

    /// <summary>Resolved for the training rows.</summary>
    public Recipe Recipe { get; }

    /// <summary>The first slot's.</summary>
    public Device Device => _devices[0];

    public Checkpoint Checkpoint { get; }

    /// <summary>The first slot's: starts at the base weights.</summary>
    public Model Model => Slots.Models[0];

    /// <summary>The model on all slots of this node.</summary>
    public ModelSlots Slots { get; }

    /// <summary>For people, a line each: where the weights are, and what was found there.</summary>
    public IReadOnlyList<string> Notices { get; }

    public ExampleSet Train { get; }

    /// <summary>Held-out rows, if there are any.</summary>
    public ExampleSet? Evaluation { get; }

    /// <summary>Digest of the base model's logical tensors, hexadecimal.</summary>
    public string BaseDigest { get; }

    /// <summary>Opens what a recipe names. The data are read before the weights, so that a bad row is told at once.</summary>
    /// <param name="recipe">Names the model and the data; need not be resolved.</param>
    /// <param name="openDevice">Opens the device of a slot; called once the data are known to be sound.</param>
    /// <param name="trace">Takes what is computed and moved when; null for nobody.</param>
    public static RunInputs Open(Recipe recipe, Func<Device> openDevice, ITraceSink? trace = null)
    {
        recipe = DataFolder.Resolve(recipe);
        var directory = Required(recipe, RecipeKeys.Model, "--model");
        var trainFile = Required(recipe, RecipeKeys.TrainFile, "--data");
        var checkpoint = Checkpoint.Open(directory);
        var devices = new List<Device>();
        Collective? collective = null;
        try
        {
            var encoder = Encoder(recipe, checkpoint, TrainedParts.Of(recipe, checkpoint).Architecture, trainFile);
            var train = ExampleSet.Load(trainFile, encoder, RowUse.Training);
            var evaluation = recipe.Get(RecipeKeys.EvalFile) is { } path ? ExampleSet.Load(path, encoder, RowUse.Evaluation) : null;
            var resolved = recipe.Resolve(train.Examples.Count);
            train.RequireBatchSize(resolved.Get(RecipeKeys.BatchSize));
            var vocabulary = ModelFamilies.Describe(checkpoint).VocabularySize;
            train.RequireVocabulary(vocabulary);
            evaluation?.RequireVocabulary(vocabulary);
            var part = TrainedParts.Of(recipe, checkpoint);
            var network = SlotTopology.Of(recipe);
            for (var slot = 0; slot < network.Slots; slot++) devices.Add(openDevice());
            var passes = LargestPasses.Of(resolved, part.Architecture, train.Examples, evaluation?.Examples, network.Slots);
            var placement = BaseWeights.Place(devices, checkpoint, part, recipe, passes, network);
            var notices = new List<string>();
            collective = OpenCollective(recipe, devices, network, placement, notices.Add);
            if (collective is not null)
            {
                // It takes memory of the devices.
                network = network.With(collective);
                placement = BaseWeights.Place(devices, checkpoint, part, recipe, passes, network);
            }

            var digest = BaseModel.Digest(checkpoint);
            var slots = BaseWeights.Load(devices, network, checkpoint, part, recipe, placement, () => digest, notices.Add, trace);
            notices.InsertRange(0, placement.Lines);
            return new RunInputs(resolved, devices, collective, checkpoint, slots, notices, digest, train, evaluation);
        }
        catch
        {
            collective?.Dispose();
            foreach (var device in devices) device.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The encoder of a recipe's rows for the model of a checkpoint.</summary>
    /// <param name="recipe">Says what rows are.</param>
    /// <param name="checkpoint">Has the tokenizer.</param>
    /// <param name="architecture">The model, with what is added to it: that takes room of the text.</param>
    /// <param name="trainFile">Where num_demos takes its demonstrations from; null if there are no training rows.</param>
    public static ExampleEncoder Encoder(Recipe recipe, Checkpoint checkpoint, ModelArchitecture architecture, string? trainFile)
    {
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
        Slots.Dispose();
        _collective?.Dispose();
        foreach (var device in _devices) device.Dispose();
        Checkpoint.Dispose();
    }

    /// <summary>What the slots gather with; null where they copy, or have nothing to gather.</summary>
    private static Collective? OpenCollective(Recipe recipe, List<Device> devices, SlotNetwork network, Placement placement, Action<string> notice)
    {
        var wanted = recipe.Get(RecipeKeys.Gather);
        if (devices.Count > 1 && network.HasRealFabric && placement.Tier != OffloadTier.None) return devices[0].OpenCollective(devices, wanted, notice);
        if (wanted is not null) notice($"warning: {RecipeKeys.Gather.Name} has no effect, since no slices of layers go between slots");
        return null;
    }

    private static string Required(Recipe recipe, RecipeKey<string?> key, string flag) =>
        recipe.Get(key) ?? throw new BadInputException($"{key.Name} is not set; give it with {flag} or in the recipe");
}
