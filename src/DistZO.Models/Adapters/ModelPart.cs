using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// What of a model is trained: a choice of its tensors, or tensors that are added to it. The trained tensors have the ordinals from 0
/// on, in the order of the visit; the frozen ones come after them.
/// </summary>
public sealed class ModelPart
{
    private readonly HashSet<string> _trained;

    private ModelPart(string name, ModelArchitecture architecture, Func<Block, TensorSpec, bool> isTrained)
    {
        (Name, Architecture) = (name, architecture);
        Trained = [.. architecture.Blocks.SelectMany(block => block.Tensors.Where(tensor => isTrained(block, tensor)))];
        _trained = [.. Trained.Select(tensor => tensor.Name)];
        Frozen = [.. architecture.Tensors.Where(tensor => !_trained.Contains(tensor.Name))];
        FrozenBlocks = architecture.Blocks.TakeWhile(block => !block.Tensors.Any(IsTrained)).Count();
    }

    /// <summary>So many blocks from the first on hold nothing that is trained: all probes see the same there.</summary>
    public int FrozenBlocks { get; }

    /// <summary>As the recipe calls it.</summary>
    public string Name { get; }

    /// <summary>The model with what is added to it.</summary>
    public ModelArchitecture Architecture { get; }

    /// <summary>The trained tensors in the order of their ordinals.</summary>
    public IReadOnlyList<TensorSpec> Trained { get; }

    /// <summary>The others, in the order of theirs.</summary>
    public IReadOnlyList<TensorSpec> Frozen { get; }

    /// <summary>What this is for LoRA; null for another part.</summary>
    public LoraOptions? Lora { get; private init; }

    /// <summary>All tensors in the order of their ordinals.</summary>
    public IEnumerable<TensorSpec> Tensors => Trained.Concat(Frozen);

    /// <summary>True if the trained tensors are not the base model's own.</summary>
    public bool IsAdapter => Trained[0].IsAdded;

    /// <summary>Whether a tensor is trained.</summary>
    public bool IsTrained(TensorSpec tensor) => _trained.Contains(tensor.Name);

    /// <summary>All of it.</summary>
    public static ModelPart Full(ModelArchitecture architecture) => new("full", architecture, (_, _) => true);

    /// <summary>Biases, those of norms too (BitFit, arXiv 2106.10199).</summary>
    /// <exception cref="BadInputException">The model has none.</exception>
    public static ModelPart BitFit(ModelArchitecture architecture)
    {
        var shifts = architecture.Blocks.SelectMany(block => block.Norms).Select(norm => norm.Shift?.Name).ToHashSet();
        var part = new ModelPart("bitfit", architecture, (_, tensor) => tensor.Role == TensorRole.Bias || shifts.Contains(tensor.Name));
        return part.Trained.Count > 0 ? part : throw new BadInputException($"train: bitfit trains biases, and a {architecture.Family} model like this one has none; use lora");
    }

    /// <summary>Some transformer layers.</summary>
    /// <param name="architecture">The model.</param>
    /// <param name="layers">Numbers from 0 on.</param>
    /// <exception cref="BadInputException">There is no such layer.</exception>
    public static ModelPart Layers(ModelArchitecture architecture, IEnumerable<int> layers)
    {
        var wanted = layers.ToHashSet();
        if (wanted.Max() is var last && last >= architecture.Layers.Count)
            throw new BadInputException($"train: there is no layer {last}; the model has layers 0 to {architecture.Layers.Count - 1}");
        var blocks = architecture.Layers.Where((_, i) => wanted.Contains(i)).Select(layer => layer.Name).ToHashSet();
        return new ModelPart("layers", architecture, (block, _) => blocks.Contains(block.Name));
    }

    /// <summary>Low-rank additions to some linear layers.</summary>
    /// <exception cref="BadInputException">A layer that is named is not there.</exception>
    public static ModelPart WithLora(ModelArchitecture architecture, LoraOptions options) =>
        new("lora", LoraArchitecture.Of(architecture, options), (_, tensor) => tensor.IsAdded) { Lora = options };

    /// <summary>Low-rank additions to the linear layers for whose modules, by their paths within a PEFT model, <paramref name="adapts"/> is true.</summary>
    internal static ModelPart WithLora(ModelArchitecture architecture, LoraOptions options, Func<string, bool> adapts) =>
        new("lora", LoraArchitecture.Of(architecture, options, adapts), (_, tensor) => tensor.IsAdded) { Lora = options };

    /// <summary>Keys and values in front of every sequence, in all layers.</summary>
    /// <param name="architecture">The model.</param>
    /// <param name="tokens">m.</param>
    /// <exception cref="BadInputException">The model has no room for them.</exception>
    public static ModelPart WithPrefix(ModelArchitecture architecture, int tokens)
    {
        return new ModelPart("prefix", architecture with
        {
            MaxPositions = Room(architecture, tokens),
            Layers = [.. architecture.Layers.Select(layer => layer with { Attention = layer.Attention with { Prefix = Prefix(layer, tokens) } })],
        }, (_, tensor) => tensor.IsAdded);
    }

    /// <summary>Embeddings in front of every sequence.</summary>
    /// <param name="architecture">The model.</param>
    /// <param name="tokens">m.</param>
    /// <exception cref="BadInputException">The model has no room for them.</exception>
    public static ModelPart WithPrompt(ModelArchitecture architecture, int tokens) => new("prompt", architecture with
    {
        MaxPositions = Room(architecture, tokens),
        Embedding = architecture.Embedding with
        {
            Prompt = new TensorSpec(PeftNames.Table, [tokens, architecture.Embedding.TokenTable.Shape[1]], TensorRole.Embedding) { IsAdded = true },
        },
    }, (_, tensor) => tensor.IsAdded);

    private static int Room(ModelArchitecture architecture, int tokens) => tokens < architecture.MaxPositions - 1
        ? architecture.MaxPositions - tokens
        : throw new BadInputException($"num_virtual_tokens: {tokens} leave no room for text in a model of {architecture.MaxPositions} positions; use fewer");

    private static PrefixSpec Prefix(TransformerBlock layer, int tokens)
    {
        var features = layer.Attention.KeyValueHeads * layer.Attention.Width;
        TensorSpec Tensor(string name) => new($"prefix.{layer.Name}.{name}", [tokens, features], TensorRole.Embedding) { IsAdded = true };
        return new PrefixSpec(Tensor("keys"), Tensor("values"));
    }
}
