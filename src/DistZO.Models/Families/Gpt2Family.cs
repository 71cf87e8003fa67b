using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// GPT-2: learned positions, norms first, tied head. Its linear layers are stored as [inputs, outputs], and one of them makes queries,
/// keys and values side by side.
/// </summary>
internal static class Gpt2Family
{
    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        var hidden = ConfigChecks.Features(config, "n_embd");
        var heads = ConfigChecks.Heads(config, "n_head", "n_embd", hidden);
        var layers = ConfigChecks.Layers(config, "n_layer");
        var inner = ConfigChecks.Features(config, "n_inner", 4 * hidden);
        var vocabulary = ConfigChecks.Rows(config, "vocab_size");
        var positions = ConfigChecks.Rows(config, "n_positions");
        var epsilon = ConfigChecks.Epsilon(config, "layer_norm_epsilon", 1e-5);
        var activation = ConfigChecks.Activation(config, "activation_function", "gelu_new");
        ConfigChecks.Only(config, "scale_attn_weights", true);
        ConfigChecks.Only(config, "scale_attn_by_inverse_layer_idx", false);
        ConfigChecks.Only(config, "add_cross_attention", false);

        // transformers saves the base model's tensors with the prefix "transformer.", the original checkpoints without.
        var prefix = hasTensor("wte.weight") ? "" : "transformer.";
        TensorSpec Tensor(string name, TensorRole role, params long[] shape) => new(prefix + name, shape, role);
        LinearSpec Linear(string name, int inputs, int outputs) => new(
            Tensor(name + ".weight", TensorRole.Matrix, inputs, outputs), Tensor(name + ".bias", TensorRole.Bias, outputs), InputsFirst: true);
        NormSpec Norm(string name) => new(
            Tensor(name + ".weight", TensorRole.Norm, hidden), Tensor(name + ".bias", TensorRole.Norm, hidden), epsilon);

        return new ModelArchitecture(
            "gpt2",
            hidden,
            vocabulary,
            positions,
            new EmbeddingBlock(
                "embedding",
                Tensor("wte.weight", TensorRole.Embedding, vocabulary, hidden),
                null,
                Tensor("wpe.weight", TensorRole.Embedding, positions, hidden),
                PositionOffset: 0),
            [.. Enumerable.Range(0, layers).Select(i => new TransformerBlock(
                $"h.{i}",
                NormFirst: true,
                Norm($"h.{i}.ln_1"),
                new AttentionSpec(
                    heads,
                    heads,
                    hidden / heads,
                    Linear($"h.{i}.attn.c_attn", hidden, 3 * hidden),
                    Key: null,
                    Value: null,
                    Linear($"h.{i}.attn.c_proj", hidden, hidden)),
                Norm($"h.{i}.ln_2"),
                new FeedForwardSpec(
                    Gate: null, Linear($"h.{i}.mlp.c_fc", hidden, inner), activation, Linear($"h.{i}.mlp.c_proj", inner, hidden))))],
            new HeadBlock(
                "head",
                Norm("ln_f"),
                null,
                config.GetBoolOr("tie_word_embeddings", true) ? null : new TensorSpec("lm_head.weight", [vocabulary, hidden], TensorRole.Matrix)));
    }
}
