using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The embedding, a layer, or the head: its tensors in the order of the layout. A block says what it is made of; the forward pass
/// (<see cref="BlockForward"/>) is written once for all families.
/// </summary>
public abstract record Block(string Name)
{
    /// <summary>The block's own tensors, each exactly once.</summary>
    public IEnumerable<TensorSpec> Tensors => TensorsIn(Members);

    /// <summary>The block's normalizations.</summary>
    public IEnumerable<NormSpec> Norms => Members.OfType<NormSpec>();

    /// <summary>The block's linear layers.</summary>
    public IEnumerable<LinearSpec> Linears => Members.OfType<LinearSpec>();

    /// <summary>What is visited at a time where the block does not stay on the device. Together they have each tensor once.</summary>
    public virtual IReadOnlyList<BlockPart> Parts => [new BlockPart(Name, [], [.. Tensors])];

    /// <summary>Tensors, linear layers and norms in the order of the layout; null for what this block has not.</summary>
    private protected abstract IEnumerable<object?> Members { get; }

    private protected static IEnumerable<TensorSpec> TensorsIn(IEnumerable<object?> members) => members.SelectMany(member => member switch
    {
        TensorSpec tensor => [tensor],
        LinearSpec linear => [linear.Weight, linear.Bias, linear.Lora?.Down, linear.Lora?.Up],
        PrefixSpec prefix => [prefix.Keys, prefix.Values],
        NormSpec norm => new[] { norm.Scale, norm.Shift },
        _ => [],
    }).OfType<TensorSpec>();
}

/// <summary>
/// Token table, optional projection to the hidden size, optional learned positions (row = position + offset), optional table of token
/// types of which all are the first, optional norm.
/// </summary>
/// <param name="Name">The block's name.</param>
/// <param name="TokenTable">One row a token id.</param>
/// <param name="Projection">To the hidden size.</param>
/// <param name="PositionTable">One row a position, from row <paramref name="PositionOffset"/> on.</param>
/// <param name="PositionOffset">The row of position 0.</param>
/// <param name="PaddingToken">Such tokens take no position, and the row before that of position 0.</param>
/// <param name="TypeTable">One row a type; every token is of type 0.</param>
/// <param name="Norm">Over the sum of all.</param>
public sealed record EmbeddingBlock(
    string Name,
    TensorSpec TokenTable,
    LinearSpec? Projection,
    TensorSpec? PositionTable,
    int PositionOffset,
    int? PaddingToken = null,
    TensorSpec? TypeTable = null,
    NormSpec? Norm = null)
    : Block(Name)
{
    /// <summary>
    /// What virtual tokens in front of every sequence are embedded as (prompt tuning, arXiv 2104.08691), [m, columns of the token table]; null
    /// for none. They stand at positions 0 … m − 1, and tokens come after them.
    /// </summary>
    public TensorSpec? Prompt { get; init; }

    private protected override IEnumerable<object?> Members => [TokenTable, Prompt, Projection, PositionTable, TypeTable, Norm];
}

/// <summary>
/// A transformer layer: attention, then feed-forward, each with a residual. <paramref name="NormFirst"/> puts the norms before their
/// halves, otherwise after the residual sum.
/// </summary>
public sealed record TransformerBlock(
    string Name,
    bool NormFirst,
    NormSpec AttentionNorm,
    AttentionSpec Attention,
    NormSpec FeedForwardNorm,
    FeedForwardSpec FeedForward)
    : Block(Name)
{
    /// <summary>What it is computed in, in this order.</summary>
    public IReadOnlyList<LayerOperation> Operations
    {
        get
        {
            LayerOperation[] attention = Attention.Key is null
                ? [LayerOperation.Query, LayerOperation.Attention, LayerOperation.Output]
                : [LayerOperation.Query, LayerOperation.Key, LayerOperation.Value, LayerOperation.Attention, LayerOperation.Output];
            LayerOperation[] feedForward = FeedForward.Gate is null
                ? [LayerOperation.Up, LayerOperation.Down]
                : [LayerOperation.Gate, LayerOperation.Up, LayerOperation.Down];
            return NormFirst
                ? [LayerOperation.AttentionNorm, .. attention, LayerOperation.FeedForwardNorm, .. feedForward]
                : [.. attention, LayerOperation.AttentionNorm, .. feedForward, LayerOperation.FeedForwardNorm];
        }
    }

    public override IReadOnlyList<BlockPart> Parts => BlockPart.Cut(this);

    /// <summary>The tensors that an operation needs.</summary>
    public IEnumerable<TensorSpec> TensorsOf(LayerOperation operation) => TensorsIn(operation switch
    {
        LayerOperation.AttentionNorm => [AttentionNorm],
        LayerOperation.Query => [Attention.Query],
        LayerOperation.Key => [Attention.Key],
        LayerOperation.Value => [Attention.Value],
        LayerOperation.Attention => [Attention.QueryNorm, Attention.KeyNorm, Attention.Prefix],
        LayerOperation.Output => [Attention.Output],
        LayerOperation.FeedForwardNorm => [FeedForwardNorm],
        LayerOperation.Gate => [FeedForward.Gate],
        LayerOperation.Up => [FeedForward.Up],
        _ => new object?[] { FeedForward.Down },
    });

    private protected override IEnumerable<object?> Members =>
    [
        AttentionNorm, Attention.Query, Attention.Key, Attention.Value, Attention.QueryNorm, Attention.KeyNorm, Attention.Prefix, Attention.Output,
        FeedForwardNorm, FeedForward.Gate, FeedForward.Up, FeedForward.Down,
    ];
}

/// <summary>Self-attention.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Heads of keys and values; each is used by Heads / KeyValueHeads query heads in a row.</param>
/// <param name="Width">Features a head.</param>
/// <param name="Query">To the queries; without <paramref name="Key"/> to queries, keys and values side by side.</param>
/// <param name="Key">To the keys.</param>
/// <param name="Value">To the values; there if and only if <paramref name="Key"/> is.</param>
/// <param name="Output">From the heads to the residual stream.</param>
/// <param name="QueryNorm">Over each head's queries, before they turn by their position.</param>
/// <param name="KeyNorm">Over each head's keys, before they turn by their position.</param>
/// <param name="Window">How many tokens a token sees at most, itself and those before it; null: all of them.</param>
/// <param name="Causal">False: a token also sees those after it, and there is no window.</param>
public sealed record AttentionSpec(
    int Heads,
    int KeyValueHeads,
    int Width,
    LinearSpec Query,
    LinearSpec? Key,
    LinearSpec? Value,
    LinearSpec Output,
    RmsNormSpec? QueryNorm = null,
    RmsNormSpec? KeyNorm = null,
    int? Window = null,
    bool Causal = true)
{
    /// <summary>Keys and values in front of all others; null for none.</summary>
    public PrefixSpec? Prefix { get; init; }
}

/// <summary>Down(f(Up(x))), or Down(f(Gate(x))·Up(x)) where there is a gate.</summary>
public sealed record FeedForwardSpec(LinearSpec? Gate, LinearSpec Up, Activation Activation, LinearSpec Down);

/// <summary>Final norm, optional projection, and the matrix to the vocabulary.</summary>
/// <param name="Name">The block's name.</param>
/// <param name="Norm">Over the residual stream.</param>
/// <param name="Projection">Before the vocabulary.</param>
/// <param name="Vocabulary">One row a token id; null when that is the token table (tied).</param>
/// <param name="Activation">Of the projection.</param>
/// <param name="ProjectionNorm">Over the projection's result.</param>
/// <param name="Bias">Of the vocabulary.</param>
public sealed record HeadBlock(
    string Name,
    NormSpec? Norm,
    LinearSpec? Projection,
    TensorSpec? Vocabulary,
    Activation Activation = Activation.None,
    NormSpec? ProjectionNorm = null,
    TensorSpec? Bias = null)
    : Block(Name)
{
    private protected override IEnumerable<object?> Members => [Norm, Projection, ProjectionNorm, Vocabulary, Bias];
}
