using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The unit that is visited, and later streamed: its tensors in the order of the layout. A block says what it is made of; the forward
/// pass (<see cref="BlockForward"/>) is written once for all families.
/// </summary>
public abstract record Block(string Name)
{
    /// <summary>The block's own tensors, each exactly once.</summary>
    public abstract IEnumerable<TensorSpec> Tensors { get; }

    private protected static IEnumerable<TensorSpec> Of(params object?[] parts)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case TensorSpec tensor:
                    yield return tensor;
                    break;
                case LinearSpec linear:
                    yield return linear.Weight;
                    if (linear.Bias is not null) yield return linear.Bias;
                    break;
                case NormSpec norm:
                    if (norm.Scale is not null) yield return norm.Scale;
                    if (norm.Shift is not null) yield return norm.Shift;
                    break;
            }
        }
    }
}

/// <summary>Token table, optional projection to the hidden size, optional learned positions (row = position + offset).</summary>
public sealed record EmbeddingBlock(string Name, TensorSpec TokenTable, LinearSpec? Projection, TensorSpec? PositionTable, int PositionOffset)
    : Block(Name)
{
    public override IEnumerable<TensorSpec> Tensors => Of(TokenTable, Projection, PositionTable);
}

/// <summary>
/// A transformer layer: attention, then feed-forward, each with a residual. <paramref name="NormFirst"/> puts the norms before their
/// halves, otherwise after the residual sum.
/// </summary>
public sealed record TransformerBlock(
    string Name,
    bool NormFirst,
    int Heads,
    NormSpec AttentionNorm,
    LinearSpec Query,
    LinearSpec Key,
    LinearSpec Value,
    LinearSpec AttentionOutput,
    NormSpec FeedForwardNorm,
    LinearSpec Up,
    Activation Activation,
    LinearSpec Down)
    : Block(Name)
{
    public override IEnumerable<TensorSpec> Tensors =>
        Of(AttentionNorm, Query, Key, Value, AttentionOutput, FeedForwardNorm, Up, Down);
}

/// <summary>Final norm, optional projection, and the matrix to the vocabulary; null when that is the token table (tied).</summary>
public sealed record HeadBlock(string Name, NormSpec? Norm, LinearSpec? Projection, TensorSpec? Vocabulary)
    : Block(Name)
{
    public override IEnumerable<TensorSpec> Tensors => Of(Norm, Projection, Vocabulary);
}
