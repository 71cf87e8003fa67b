using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The forward pass, written once for all families: what each kind of block does to the residual stream x of every token of every
/// probe. Each tensor of a block is visited exactly once a pass.
/// </summary>
internal sealed class BlockForward(Device device, IReadOnlyDictionary<string, Parameter> parameters, ModelArchitecture architecture) : IDisposable
{
    private readonly ForwardBuffers _buffers = new(device);
    private int[] _positions = [];

    /// <summary>Embeds the tokens of the pass and returns the residual stream.</summary>
    public Activations Embed(Pass pass, EmbeddingBlock block)
    {
        var tokens = pass.Tokens.Span;
        var x = _buffers.Get("residual", architecture.HiddenSize);
        var table = Of(block.TokenTable);
        var embedded = block.Projection is null ? x : _buffers.Get("embedded", table.Columns);
        device.Lookup(pass, table, tokens, embedded, accumulate: false, foldsElsewhere: architecture.IsTied);
        if (block.Projection is not null) Linear(pass, block.Projection, embedded, x);
        if (block.PositionTable is not null)
            device.Lookup(pass, Of(block.PositionTable), Positions(pass, block.PositionOffset), x, accumulate: true, foldsElsewhere: false);
        return x;
    }

    /// <summary>One transformer layer on the residual stream, in place.</summary>
    /// <param name="pass">Tokens, probes and step.</param>
    /// <param name="block">The layer.</param>
    /// <param name="x">The residual stream.</param>
    /// <param name="cache">Keys and values of earlier tokens, which these come after; null if the pass has all tokens.</param>
    public void Layer(Pass pass, TransformerBlock block, Activations x, KeyValueCache? cache)
    {
        var normed = block.NormFirst ? _buffers.Get("normed", x.Features) : x;
        if (block.NormFirst) Norm(pass, block.AttentionNorm, x, normed);
        var query = _buffers.Get("query", block.Query.Outputs);
        var key = _buffers.Get("key", block.Key.Outputs);
        var value = _buffers.Get("value", block.Value.Outputs);
        Linear(pass, block.Query, normed, query);
        Linear(pass, block.Key, normed, key);
        Linear(pass, block.Value, normed, value);
        // 1/√width: what OPT multiplies the queries by; IEEE division and square root are exact everywhere.
        var scale = 1f / MathF.Sqrt(query.Features / block.Heads);
        if (cache is not null) (key, value) = (cache.Add(pass, block.Name, "key", key), cache.Add(pass, block.Name, "value", value));
        device.Attention(pass, block.Heads, scale, query, key, value, query);
        Linear(pass, block.AttentionOutput, query, x, accumulate: true);
        if (!block.NormFirst) Norm(pass, block.AttentionNorm, x, x);

        if (block.NormFirst) Norm(pass, block.FeedForwardNorm, x, normed);
        var inner = _buffers.Get("inner", block.Up.Outputs);
        Linear(pass, block.Up, normed, inner, block.Activation);
        Linear(pass, block.Down, inner, x, accumulate: true);
        if (!block.NormFirst) Norm(pass, block.FeedForwardNorm, x, x);
    }

    /// <summary>The chosen rows of the residual stream, normed and projected: what the vocabulary matrix multiplies.</summary>
    public Activations BeforeVocabulary(Pass pass, HeadBlock block, Activations x, ReadOnlySpan<int> rows)
    {
        var y = _buffers.Get("gathered", x.Features);
        device.Gather(pass, x, rows, y);
        if (block.Norm is not null) Norm(pass, block.Norm, y, y);
        if (block.Projection is null) return y;
        var projected = _buffers.Get("projected", block.Projection.Outputs);
        Linear(pass, block.Projection, y, projected);
        return projected;
    }

    /// <summary>The parameter that holds a tensor.</summary>
    public Parameter Of(TensorSpec tensor) => parameters[tensor.Name];

    public void Dispose() => _buffers.Dispose();

    private void Linear(Pass pass, LinearSpec layer, Activations x, Activations y, Activation activation = Activation.None, bool accumulate = false) =>
        device.Linear(pass, Of(layer.Weight), layer.Bias is null ? null : Of(layer.Bias), x, y, activation, accumulate);

    private void Norm(Pass pass, NormSpec norm, Activations x, Activations y) =>
        device.LayerNorm(pass, norm.Scale is null ? null : Of(norm.Scale), norm.Shift is null ? null : Of(norm.Shift), norm.Epsilon, x, y);

    private ReadOnlySpan<int> Positions(Pass pass, int offset)
    {
        var count = pass.Tokens.Length;
        if (_positions.Length < count) _positions = new int[count];
        foreach (var sequence in pass.Sequences)
        {
            for (var i = 0; i < sequence.Length; i++) _positions[sequence.Start + i] = offset + sequence.PrefixLength + i;
        }

        return _positions.AsSpan(0, count);
    }
}
