using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The forward pass, written once for all families: what each kind of block does to the residual stream x of every token of every
/// probe. Each tensor of a block is visited exactly once a pass.
/// </summary>
internal sealed class BlockForward(Device device, IReadOnlyDictionary<string, Parameter> parameters, ModelArchitecture architecture) : IDisposable
{
    private readonly ForwardBuffers _buffers = new(device);
    private readonly RotaryAngles? _rotary = architecture.Rotary is null ? null : new RotaryAngles(device, architecture.Rotary);
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
        _rotary?.Load(pass, Positions(pass, 0));
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
        Attend(pass, block.Name, block.Attention, normed, x, cache);
        if (!block.NormFirst) Norm(pass, block.AttentionNorm, x, x);

        if (block.NormFirst) Norm(pass, block.FeedForwardNorm, x, normed);
        FeedForward(pass, block.FeedForward, normed, x);
        if (!block.NormFirst) Norm(pass, block.FeedForwardNorm, x, x);
    }

    /// <summary>The chosen rows of the residual stream, normed and projected: what the vocabulary matrix multiplies.</summary>
    public Activations BeforeVocabulary(Pass pass, HeadBlock block, Activations x, ReadOnlySpan<int> rows)
    {
        var y = _buffers.Get("gathered", x.Features);
        device.Gather(pass, x, rows, y);
        if (block.Norm is not null) Norm(pass, block.Norm, y, y);
        return block.Projection is null ? y : Projected(pass, block.Projection, y, "projected");
    }

    /// <summary>The parameter that holds a tensor.</summary>
    public Parameter Of(TensorSpec tensor) => parameters[tensor.Name];

    public void Dispose()
    {
        _buffers.Dispose();
        _rotary?.Dispose();
    }

    /// <summary>Adds the attention of x to the residual stream.</summary>
    private void Attend(Pass pass, string block, AttentionSpec attention, Activations x, Activations residual, KeyValueCache? cache)
    {
        var (heads, width) = (attention.Heads, attention.Width);
        // 1/√width; IEEE division and square root are exact everywhere.
        var shape = new AttentionShape(heads, attention.KeyValueHeads, width, 1f / MathF.Sqrt(width), attention.Window ?? AttentionShape.NoWindow);
        var query = Projected(pass, attention.Query, x, "query");
        if (attention.Key is null || attention.Value is null)
        {
            var key = new FeatureSlice(query, heads * width);
            var value = new FeatureSlice(query, (heads + attention.KeyValueHeads) * width);
            var attended = _buffers.Get("attended", heads * width);
            Attend(key, value, attended);
            Linear(pass, attention.Output, attended, residual, merge: Merge.Add);
        }
        else
        {
            var key = Projected(pass, attention.Key, x, "key");
            var value = Projected(pass, attention.Value, x, "value");
            Place(pass, attention.QueryNorm, query);
            Place(pass, attention.KeyNorm, key);
            Attend(key, value, query);
            Linear(pass, attention.Output, query, residual, merge: Merge.Add);
        }

        void Attend(FeatureSlice key, FeatureSlice value, Activations y)
        {
            var features = shape.KeyValueHeads * shape.Width;
            if (cache is not null) (key, value) = (cache.Add(pass, block, "key", key, features), cache.Add(pass, block, "value", value, features));
            device.Attention(pass, shape, query, key, value, y);
        }
    }

    /// <summary>Norms the heads of queries or keys, and turns them by their position, where the model does.</summary>
    private void Place(Pass pass, RmsNormSpec? norm, Activations heads)
    {
        if (norm is not null) Norm(pass, norm, heads, heads);
        if (_rotary is not null) device.Rotate(pass, _rotary.Angles, heads);
    }

    /// <summary>Adds the feed-forward of x to the residual stream.</summary>
    private void FeedForward(Pass pass, FeedForwardSpec layer, Activations x, Activations residual)
    {
        var inner = _buffers.Get("inner", layer.Up.Outputs);
        Linear(pass, layer.Gate ?? layer.Up, x, inner, layer.Activation);
        if (layer.Gate is not null) Linear(pass, layer.Up, x, inner, merge: Merge.Multiply);
        Linear(pass, layer.Down, inner, residual, merge: Merge.Add);
    }

    private Activations Projected(Pass pass, LinearSpec layer, Activations x, string role)
    {
        var y = _buffers.Get(role, layer.Outputs);
        Linear(pass, layer, x, y);
        return y;
    }

    private void Linear(
        Pass pass, LinearSpec layer, Activations x, Activations y, Activation activation = Activation.None, Merge merge = Merge.Replace) =>
        device.Linear(pass, Of(layer.Weight), Find(layer.Bias), x, y, activation, merge, layer.InputsFirst);

    private void Norm(Pass pass, NormSpec norm, Activations x, Activations y)
    {
        if (norm is RmsNormSpec { Scale: { } scale }) device.RmsNorm(pass, Of(scale), norm.Epsilon, x, y);
        else device.LayerNorm(pass, Find(norm.Scale), Find(norm.Shift), norm.Epsilon, x, y);
    }

    private Parameter? Find(TensorSpec? tensor) => tensor is null ? null : Of(tensor);

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
