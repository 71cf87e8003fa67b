using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The layers that LLaMA and its kin share: RMS norms first, rotary positions, heads of keys and values that several query heads use, and
/// a gated feed-forward. A family's file says in what it differs.
/// </summary>
internal sealed class RotaryDecoder(ModelConfig config, Func<string, bool> hasTensor)
{
    private readonly int _hidden = ConfigChecks.Features(config, "hidden_size");
    private readonly int _layers = ConfigChecks.Layers(config, "num_hidden_layers");
    private readonly int _heads = ConfigChecks.Features(config, "num_attention_heads");
    private readonly float _epsilon = ConfigChecks.Epsilon(config, "rms_norm_eps", 1e-6);

    // transformers saves the base model's tensors with the prefix "model.", a bare base model without.
    private readonly string _prefix = hasTensor("embed_tokens.weight") ? "" : "model.";

    /// <summary>Features a head; null: the hidden size divided by the heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>The longest sequence if config.json does not say.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Biases of queries, keys and values.</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Bias of the attention's output.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>Biases of the feed-forward.</summary>
    public bool HasFeedForwardBias { get; init; }

    /// <summary>Norms over each head's queries and keys.</summary>
    public bool HasHeadNorms { get; init; }

    /// <summary>The sliding window of a layer; null: none.</summary>
    public Func<int, int?> Window { get; init; } = _ => null;

    /// <summary>The whole model.</summary>
    public ModelArchitecture Describe()
    {
        var shared = config.GetIntOr("num_key_value_heads", _heads);
        ConfigChecks.Multiple(config, "num_key_value_heads", "num_attention_heads", _heads);
        var width = HeadWidth ?? _hidden / ConfigChecks.Heads(config, "num_attention_heads", "hidden_size", _hidden);
        if (width % 2 != 0) throw config.Unsupported("head_dim", $"heads of {width} features cannot turn in pairs.");

        var vocabulary = ConfigChecks.Rows(config, "vocab_size");
        return new ModelArchitecture(
            config.GetString("model_type"),
            _hidden,
            vocabulary,
            ConfigChecks.Rows(config, "max_position_embeddings", MaxPositions),
            new EmbeddingBlock("embedding", Tensor("embed_tokens.weight", TensorRole.Embedding, vocabulary, _hidden), null, null, 0),
            [.. Enumerable.Range(0, _layers).Select(i => Layer($"layers.{i}", shared, width, Window(i)))],
            new HeadBlock(
                "head",
                Norm("norm", _hidden),
                null,
                config.GetBoolOr("tie_word_embeddings", false) ? null : new TensorSpec("lm_head.weight", [vocabulary, _hidden], TensorRole.Matrix)),
            RotaryConfig.Read(config, width));
    }

    private TransformerBlock Layer(string name, int shared, int width, int? window)
    {
        var inner = ConfigChecks.Features(config, "intermediate_size");
        return new TransformerBlock(
            name,
            NormFirst: true,
            Norm($"{name}.input_layernorm", _hidden),
            new AttentionSpec(
                _heads,
                shared,
                width,
                Linear($"{name}.self_attn.q_proj", _hidden, _heads * width, HasQueryKeyValueBias),
                Linear($"{name}.self_attn.k_proj", _hidden, shared * width, HasQueryKeyValueBias),
                Linear($"{name}.self_attn.v_proj", _hidden, shared * width, HasQueryKeyValueBias),
                Linear($"{name}.self_attn.o_proj", _heads * width, _hidden, HasOutputBias),
                HasHeadNorms ? Norm($"{name}.self_attn.q_norm", width) : null,
                HasHeadNorms ? Norm($"{name}.self_attn.k_norm", width) : null,
                window),
            Norm($"{name}.post_attention_layernorm", _hidden),
            new FeedForwardSpec(
                Linear($"{name}.mlp.gate_proj", _hidden, inner, HasFeedForwardBias),
                Linear($"{name}.mlp.up_proj", _hidden, inner, HasFeedForwardBias),
                ConfigChecks.Activation(config, "hidden_act", "silu"),
                Linear($"{name}.mlp.down_proj", inner, _hidden, HasFeedForwardBias)));
    }

    private TensorSpec Tensor(string name, TensorRole role, params long[] shape) => new(_prefix + name, shape, role);

    private LinearSpec Linear(string name, int inputs, int outputs, bool hasBias) => new(
        Tensor(name + ".weight", TensorRole.Matrix, outputs, inputs),
        hasBias ? Tensor(name + ".bias", TensorRole.Bias, outputs) : null);

    private RmsNormSpec Norm(string name, int features) => new(Tensor(name + ".weight", TensorRole.Norm, features), _epsilon);
}
