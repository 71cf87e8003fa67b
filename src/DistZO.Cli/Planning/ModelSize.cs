using DistZO.Devices;
using DistZO.Models;
using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>What a model weighs and costs, from its shapes alone.</summary>
internal sealed class ModelSize
{
    private readonly ModelArchitecture _architecture;

    /// <param name="part">The model, and what of it is trained.</param>
    /// <param name="weights">Number format of the trained weights.</param>
    /// <param name="stored">Number format of the frozen ones.</param>
    /// <param name="transfer">What matrices and tables of the base are rounded to; null for nothing.</param>
    public ModelSize(ModelPart part, WeightType weights, WeightType stored, TransferType? transfer = null)
    {
        (_architecture, Part, WeightType, Transfer) = (part.Architecture, part, weights, transfer);
        Types = part.Tensors.ToDictionary(tensor => tensor.Name, tensor => part.IsTrained(tensor) ? weights : stored);
        (Held, Transferred) = (Placement.SizesOf(part, Types), Placement.SizesOf(part, Types, transfer));
        long Trained(Block block) => block.Tensors.Where(part.IsTrained).Sum(tensor => tensor.Length);
        long Frozen(Block block) => block.Tensors.Where(tensor => !part.IsTrained(tensor)).Sum(tensor => tensor.Length);
        var layers = _architecture.Layers;
        Layers = layers.Count;
        Parameters = _architecture.Tensors.Sum(tensor => tensor.Length);
        BlockTrained = layers.Max(Trained);
        BlockTrainedBytes = BlockTrained * weights.Size();
        BlockFrozenBytes = layers.Max(Frozen) * stored.Size();
        Parts = layers.Max(layer => layer.Parts.Count);
        if (transfer is not null) BlockTransferBytes = Transferred.Skip(1).SkipLast(1).Max(layer => layer.Sum());
        BlockMatrices = layers.Max(layer => layer.Linears.Sum(Weights));
        EndsTrained = Trained(_architecture.Embedding) + Trained(_architecture.Head);
        EndsBytes = (EndsTrained * weights.Size()) + ((Frozen(_architecture.Embedding) + Frozen(_architecture.Head)) * stored.Size());
        HeadMatrices = _architecture.HeadMatrix.Length + _architecture.Head.Linears.Sum(Weights);
        HeadTrained = _architecture.Head.Tensors.Append(_architecture.HeadMatrix).Distinct().Where(part.IsTrained).Sum(tensor => tensor.Length);
    }

    /// <summary>What it was made of.</summary>
    public ModelPart Part { get; }

    /// <summary>The number format of each tensor.</summary>
    public IReadOnlyDictionary<string, WeightType> Types { get; }

    /// <summary>What matrices and tables of the base are rounded to where a pass reads them; null for nothing.</summary>
    public TransferType? Transfer { get; }

    /// <summary>Bytes of each block's parts as they are held: the embedding, the layers, the head.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Held { get; }

    /// <summary>The same where the host folds and rounds.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Transferred { get; }

    /// <summary>Number format of the trained weights, and of the products.</summary>
    public WeightType WeightType { get; }

    public int Layers { get; }

    /// <summary>All weights.</summary>
    public long Parameters { get; }

    /// <summary>The longest sequence.</summary>
    public int MaxPositions => _architecture.MaxPositions;

    /// <summary>Trained weights of a layer.</summary>
    public long BlockTrained { get; }

    public long BlockTrainedBytes { get; }

    public long BlockFrozenBytes { get; }

    /// <summary>Bytes of a layer.</summary>
    public long BlockBytes => BlockTrainedBytes + BlockFrozenBytes;

    /// <summary>Parts in which a layer comes to a device.</summary>
    public int Parts { get; }

    /// <summary>Bytes of a layer as it is moved where the host rounds it; null if nothing is rounded.</summary>
    public long? BlockTransferBytes { get; }

    /// <summary>Weights of a layer that a token is multiplied by.</summary>
    public long BlockMatrices { get; }

    /// <summary>Bytes of embedding and head.</summary>
    public long EndsBytes { get; }

    /// <summary>Trained weights of embedding and head; a tied table counts once.</summary>
    public long EndsTrained { get; }

    /// <summary>Trained weights that the head's visit perturbs; the embedding perturbs only the rows that it looks up.</summary>
    public long HeadTrained { get; }

    /// <summary>Weights of the head that a token is multiplied by.</summary>
    public long HeadMatrices { get; }

    /// <summary>Bytes of all trained weights.</summary>
    public long TrainedBytes => (EndsTrained * WeightType.Size()) + (Layers * BlockTrainedBytes);

    /// <summary>Bytes of all weights.</summary>
    public long Bytes => EndsBytes + (Layers * BlockBytes);

    /// <summary>
    /// Floating-point operations of one probe of one sequence in a layer, on average over the layers: two for each weight and token, and
    /// four for each feature of attention and pair of tokens that see each other.
    /// </summary>
    public double BlockOperations(int tokens) => _architecture.Layers.Average(layer =>
        (2.0 * BlockMatrices * tokens) + (4.0 * layer.Attention.Heads * layer.Attention.Width * Pairs(layer.Attention, tokens)));

    /// <summary>Floating-point operations of one probe of one sequence in the head, if all tokens are scored.</summary>
    public double HeadOperations(int tokens) => 2.0 * HeadMatrices * tokens;

    /// <summary>
    /// Bytes of activations of one token and probe on a CPU, float32: the residual stream and its norm, queries, keys and values, the attended
    /// heads and the inner features.
    /// </summary>
    public long ActivationBytes
    {
        get
        {
            var layer = _architecture.Layers[0];
            var heads = layer.Attention.Heads + (layer.Attention.KeyValueHeads * 2);
            return sizeof(float) * ((2L * _architecture.HiddenSize) + (heads * layer.Attention.Width) + layer.FeedForward.Up.Outputs);
        }
    }

    private static double Pairs(AttentionSpec attention, int tokens)
    {
        if (!attention.Causal) return (double)tokens * tokens;
        double seen = Math.Min(tokens, attention.Window ?? tokens);
        return (seen * (seen + 1) / 2) + ((tokens - seen) * seen);
    }

    private static long Weights(LinearSpec linear) =>
        linear.Weight.Length + (linear.Lora is { } lora ? lora.Down.Length + lora.Up.Length : 0);
}
