using System.Runtime.InteropServices;
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
    private int[] _rows = [];

    /// <summary>Token rows of the next pass that are virtual: as many as <see cref="EmbeddingBlock.Prompt"/> has, for each sequence that begins.</summary>
    public List<int> VirtualRows { get; } = [];

    /// <summary>Embeds the tokens of the pass and returns the residual stream.</summary>
    public Activations Embed(Pass pass, EmbeddingBlock block)
    {
        var tokens = pass.Tokens.Span;
        var x = _buffers.Get("residual", architecture.HiddenSize);
        var table = Of(block.TokenTable);
        var embedded = block.Projection is null ? x : _buffers.Get("embedded", table.Columns);
        device.Lookup(pass, table, tokens, embedded, accumulate: false, foldsElsewhere: architecture.IsTied);
        if (block.Prompt is not null) EmbedPrompt(pass, Of(block.Prompt), embedded);
        if (block.Projection is not null) Linear(pass, block.Projection, embedded, x);
        if (block.PositionTable is not null)
            device.Lookup(pass, Of(block.PositionTable), Positions(pass, block.PositionOffset, block.PaddingToken), x, accumulate: true, foldsElsewhere: false);
        if (block.TypeTable is not null) device.Lookup(pass, Of(block.TypeTable), Zeros(tokens.Length), x, accumulate: true, foldsElsewhere: false);
        if (block.Norm is not null) Norm(pass, block.Norm, x, x);
        _rotary?.Load(pass, Positions(pass, 0));
        return x;
    }

    /// <summary>The residual stream of one probe as that of every probe of the pass.</summary>
    public Activations Spread(Pass pass, Activations x)
    {
        var y = _buffers.Get("spread", x.Features);
        device.Spread(pass, x, y);
        _rotary?.Load(pass, Positions(pass, 0));
        return y;
    }

    /// <summary>One transformer layer on the residual stream, in place.</summary>
    /// <param name="pass">Tokens, probes and step.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="x">The residual stream.</param>
    /// <param name="cache">Keys and values of earlier tokens, which these come after; null if the pass has all tokens.</param>
    public void Layer(Pass pass, TransformerBlock layer, Activations x, KeyValueCache? cache) => Layer(pass, layer, layer.Operations, x, cache);

    /// <summary>Some operations of a layer, which come after those before them.</summary>
    /// <param name="pass">As above.</param>
    /// <param name="layer">As above.</param>
    /// <param name="operations">In their order.</param>
    /// <param name="x">As above.</param>
    /// <param name="cache">As above.</param>
    public void Layer(Pass pass, TransformerBlock layer, IReadOnlyList<LayerOperation> operations, Activations x, KeyValueCache? cache)
    {
        var (attention, feedForward) = (layer.Attention, layer.FeedForward);
        var normed = layer.NormFirst ? _buffers.Get("normed", x.Features) : x;
        foreach (var operation in operations)
        {
            switch (operation)
            {
                case LayerOperation.AttentionNorm:
                    Norm(pass, layer.AttentionNorm, x, normed);
                    break;
                case LayerOperation.Query:
                    Linear(pass, attention.Query, normed, Queries(attention));
                    break;
                case LayerOperation.Key:
                    Linear(pass, attention.Key!, normed, Keys(attention));
                    break;
                case LayerOperation.Value:
                    Linear(pass, attention.Value!, normed, Values(attention));
                    break;
                case LayerOperation.Attention:
                    Attend(pass, layer.Name, attention, cache);
                    break;
                case LayerOperation.Output:
                    Linear(pass, attention.Output, Attended(attention), x, merge: Merge.Add);
                    break;
                case LayerOperation.FeedForwardNorm:
                    Norm(pass, layer.FeedForwardNorm, x, normed);
                    break;
                case LayerOperation.Gate:
                    Linear(pass, feedForward.Gate!, normed, Inner(feedForward), feedForward.Activation);
                    break;
                case LayerOperation.Up when feedForward.Gate is null:
                    Linear(pass, feedForward.Up, normed, Inner(feedForward), feedForward.Activation);
                    break;
                case LayerOperation.Up:
                    Linear(pass, feedForward.Up, normed, Inner(feedForward), merge: Merge.Multiply);
                    break;
                default:
                    Linear(pass, feedForward.Down, Inner(feedForward), x, merge: Merge.Add);
                    break;
            }
        }
    }

    /// <summary>The chosen rows of the residual stream, normed and projected: what the vocabulary matrix multiplies.</summary>
    public Activations BeforeVocabulary(Pass pass, HeadBlock block, Activations x, ReadOnlySpan<int> rows)
    {
        var y = _buffers.Get("gathered", x.Features);
        device.Gather(pass, x, rows, y);
        if (block.Norm is not null) Norm(pass, block.Norm, y, y);
        if (block.Projection is null) return y;
        var projected = _buffers.Get("projected", block.Projection.Outputs);
        Linear(pass, block.Projection, y, projected, block.Activation);
        if (block.ProjectionNorm is not null) Norm(pass, block.ProjectionNorm, projected, projected);
        return projected;
    }

    /// <summary>The parameter that holds a tensor.</summary>
    public Parameter Of(TensorSpec tensor) => parameters[tensor.Name];

    /// <summary>As <see cref="Of"/>, null for none.</summary>
    public Parameter? Find(TensorSpec? tensor) => tensor is null ? null : Of(tensor);

    public void Dispose()
    {
        _buffers.Dispose();
        _rotary?.Dispose();
    }

    private void EmbedPrompt(Pass pass, Parameter prompt, Activations embedded)
    {
        if (VirtualRows.Count == 0)
        {
            device.Fold(prompt, pass.Updates, pass.Step);
            return;
        }

        int[] rows = [.. VirtualRows.Select((_, i) => i % prompt.Rows)];
        var y = _buffers.Get("prompt", embedded.Features);
        device.Lookup(pass, prompt, rows, y, accumulate: false, foldsElsewhere: false);
        device.Scatter(pass, y, CollectionsMarshal.AsSpan(VirtualRows), embedded, embedded.Tokens);
    }

    /// <summary>The attention of queries, keys and values, which are there.</summary>
    private void Attend(Pass pass, string layer, AttentionSpec attention, KeyValueCache? cache)
    {
        var (heads, width) = (attention.Heads, attention.Width);
        // 1/√width; IEEE division and square root are exact everywhere.
        var shape = new AttentionShape(
            heads, attention.KeyValueHeads, width, 1f / MathF.Sqrt(width), attention.Window ?? AttentionShape.NoWindow, attention.Causal);
        var query = Queries(attention);
        FeatureSlice key, value;
        if (attention.Key is null)
        {
            key = new FeatureSlice(query, heads * width);
            value = new FeatureSlice(query, (heads + attention.KeyValueHeads) * width);
        }
        else
        {
            (key, value) = (Keys(attention), Values(attention));
            Place(pass, attention.QueryNorm, query);
            Place(pass, attention.KeyNorm, key.Buffer);
        }

        var features = shape.KeyValueHeads * shape.Width;
        if (cache is not null) (key, value) = (cache.Add(pass, layer, "key", key, features), cache.Add(pass, layer, "value", value, features));
        if (cache is not null && attention.Prefix is { } prefix)
        {
            cache.AddPrefix(pass, layer, "key", Of(prefix.Keys), _buffers.Get("prefix", features));
            cache.AddPrefix(pass, layer, "value", Of(prefix.Values), _buffers.Get("prefix", features));
        }

        device.Attention(pass, shape, query, key, value, Attended(attention));
    }

    private Activations Queries(AttentionSpec attention) => _buffers.Get("query", attention.Query.Outputs);

    private Activations Keys(AttentionSpec attention) => _buffers.Get("key", attention.Key!.Outputs);

    private Activations Values(AttentionSpec attention) => _buffers.Get("value", attention.Value!.Outputs);

    /// <summary>In the place of the queries, unless keys and values are there too.</summary>
    private Activations Attended(AttentionSpec attention) =>
        attention.Key is null ? _buffers.Get("attended", attention.Heads * attention.Width) : Queries(attention);

    private Activations Inner(FeedForwardSpec feedForward) => _buffers.Get("inner", feedForward.Up.Outputs);

    /// <summary>Norms the heads of queries or keys, and turns them by their position, where the model does.</summary>
    private void Place(Pass pass, RmsNormSpec? norm, Activations heads)
    {
        if (norm is not null) Norm(pass, norm, heads, heads);
        if (_rotary is not null) device.Rotate(pass, _rotary.Angles, heads);
    }

    private void Linear(
        Pass pass, LinearSpec layer, Activations x, Activations y, Activation activation = Activation.None, Merge merge = Merge.Replace)
    {
        if (layer.Lora is not { } lora)
        {
            device.Linear(pass, Of(layer.Weight), Find(layer.Bias), x, y, activation, merge, layer.InputsFirst);
            return;
        }

        // The addition goes before whatever is not linear.
        var isLinear = activation == Activation.None && merge != Merge.Multiply;
        var sum = isLinear ? y : _buffers.Get("adapted", y.Features);
        device.Linear(pass, Of(layer.Weight), Find(layer.Bias), x, sum, Activation.None, isLinear ? merge : Merge.Replace, layer.InputsFirst);
        var low = _buffers.Get("low_rank", checked((int)lora.Down.Shape[0]));
        device.Linear(pass, Of(lora.Down), null, x, low, Activation.None, Merge.Replace);
        device.Combine(pass, lora.Scale, low, low, Activation.None, Merge.Replace);
        device.Linear(pass, Of(lora.Up), null, low, sum, Activation.None, Merge.Add);
        if (!isLinear) device.Combine(pass, 1f, sum, y, activation, merge);
    }

    private void Norm(Pass pass, NormSpec norm, Activations x, Activations y)
    {
        if (norm is RmsNormSpec { Scale: { } scale }) device.RmsNorm(pass, Of(scale), norm.Epsilon, x, y);
        else device.LayerNorm(pass, Find(norm.Scale), Find(norm.Shift), norm.Epsilon, x, y);
    }

    /// <summary>The row of each token's position. Padding takes none, and has the row before the first.</summary>
    private ReadOnlySpan<int> Positions(Pass pass, int offset, int? padding = null)
    {
        var rows = Rows(pass.Tokens.Length);
        var tokens = pass.Tokens.Span;
        foreach (var sequence in pass.Sequences)
        {
            var next = offset + sequence.PrefixLength;
            for (var i = sequence.Start; i < sequence.Start + sequence.Length; i++) rows[i] = tokens[i] == padding ? offset - 1 : next++;
        }

        return rows;
    }

    private ReadOnlySpan<int> Zeros(int count)
    {
        var rows = Rows(count);
        rows.Clear();
        return rows;
    }

    private Span<int> Rows(int count)
    {
        if (_rows.Length < count) _rows = new int[count];
        return _rows.AsSpan(0, count);
    }
}
