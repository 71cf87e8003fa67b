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
        if (block.Projection is null) return y;
        var projected = Projected(pass, block.Projection, y, "projected", block.Activation);
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

    /// <summary>Adds the attention of x to the residual stream.</summary>
    private void Attend(Pass pass, string block, AttentionSpec attention, Activations x, Activations residual, KeyValueCache? cache)
    {
        var (heads, width) = (attention.Heads, attention.Width);
        // 1/√width; IEEE division and square root are exact everywhere.
        var shape = new AttentionShape(
            heads, attention.KeyValueHeads, width, 1f / MathF.Sqrt(width), attention.Window ?? AttentionShape.NoWindow, attention.Causal);
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
            if (cache is not null && attention.Prefix is { } prefix)
            {
                cache.AddPrefix(pass, block, "key", Of(prefix.Keys), _buffers.Get("prefix", features));
                cache.AddPrefix(pass, block, "value", Of(prefix.Values), _buffers.Get("prefix", features));
            }

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

    private Activations Projected(Pass pass, LinearSpec layer, Activations x, string role, Activation activation = Activation.None)
    {
        var y = _buffers.Get(role, layer.Outputs);
        Linear(pass, layer, x, y, activation);
        return y;
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
