namespace DistZO.Models;

/// <summary>What a language model is made of: the page that each family writes.</summary>
/// <param name="Family">model_type of config.json.</param>
/// <param name="HiddenSize">Features of the residual stream.</param>
/// <param name="VocabularySize">Rows of the token table.</param>
/// <param name="MaxPositions">The longest sequence.</param>
/// <param name="Embedding">The first block.</param>
/// <param name="Layers">The transformer layers, in order.</param>
/// <param name="Head">The last block.</param>
/// <param name="Rotary">How queries and keys turn by their position; null where positions are learned.</param>
/// <param name="MaskToken">The token that a masked language model fills in; null for a causal one, which predicts what follows.</param>
public sealed record ModelArchitecture(
    string Family,
    int HiddenSize,
    int VocabularySize,
    int MaxPositions,
    EmbeddingBlock Embedding,
    IReadOnlyList<TransformerBlock> Layers,
    HeadBlock Head,
    RotarySpec? Rotary = null,
    string? MaskToken = null)
{
    /// <summary>All blocks in the order that a forward pass visits them.</summary>
    public IEnumerable<Block> Blocks => [Embedding, .. Layers, Head];

    /// <summary>The layout: every tensor once, in the order of the visit. A tensor's position here is its ordinal.</summary>
    public IEnumerable<TensorSpec> Tensors => Blocks.SelectMany(block => block.Tensors);

    /// <summary>How many virtual tokens stand in front of every sequence: trained keys and values, or trained embeddings.</summary>
    public int VirtualTokens => (int)(Embedding.Prompt?.Shape[0] ?? Layers[0].Attention.Prefix?.Keys.Shape[0] ?? 0);

    /// <summary>The matrix to the vocabulary; the token table when they are tied.</summary>
    public TensorSpec HeadMatrix => Head.Vocabulary ?? Embedding.TokenTable;

    /// <summary>Other names under which a checkpoint may hold a tensor once more, and that tensor: the head's matrix where they are tied.</summary>
    public IReadOnlyDictionary<string, TensorSpec> Copies { get; init; } =
        Head.Vocabulary is null ? new Dictionary<string, TensorSpec> { ["lm_head.weight"] = Embedding.TokenTable } : [];

    /// <summary>True when the head's matrix is the token table: one tensor, one z, one update.</summary>
    public bool IsTied => Head.Vocabulary is null;
}
