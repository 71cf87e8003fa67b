using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// OPT (arXiv 2205.01068): learned positions from row 2 on, ReLU, biases everywhere, tied head. The 350M checkpoint normalizes after
/// each half and projects a narrower embedding in and out.
/// </summary>
internal static class OptFamily
{
    private const int PositionOffset = 2;
    private const float NormEpsilon = 1e-5f;

    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        var hidden = ConfigChecks.Features(config, "hidden_size");
        var heads = ConfigChecks.Heads(config, "num_attention_heads", "hidden_size", hidden);
        var layers = ConfigChecks.Layers(config, "num_hidden_layers");
        var feedForward = ConfigChecks.Features(config, "ffn_dim");
        var vocabulary = ConfigChecks.Rows(config, "vocab_size");
        var positions = ConfigChecks.Rows(config, "max_position_embeddings");
        var embedding = ConfigChecks.Features(config, "word_embed_proj_dim", hidden);
        var normFirst = config.GetBoolOr("do_layer_norm_before", true);
        var bias = config.GetBoolOr("enable_bias", true);
        var affine = config.GetBoolOr("layer_norm_elementwise_affine", true);
        var activation = ConfigChecks.Activation(config, "activation_function", "relu");

        // transformers saves the base model's tensors with the prefix "model.", the original checkpoints without.
        var prefix = hasTensor("decoder.embed_tokens.weight") ? "decoder." : "model.decoder.";
        TensorSpec Tensor(string name, TensorRole role, params long[] shape) => new(prefix + name, shape, role);
        LinearSpec Linear(string name, int inputs, int outputs, bool hasBias) => new(
            Tensor(name + ".weight", TensorRole.Matrix, outputs, inputs),
            hasBias ? Tensor(name + ".bias", TensorRole.Bias, outputs) : null);
        NormSpec Norm(string name) => new(
            affine ? Tensor(name + ".weight", TensorRole.Norm, hidden) : null,
            affine ? Tensor(name + ".bias", TensorRole.Norm, hidden) : null,
            NormEpsilon);

        var projects = embedding != hidden;
        var tokens = Tensor("embed_tokens.weight", TensorRole.Embedding, vocabulary, embedding);
        return new ModelArchitecture(
            "opt",
            hidden,
            vocabulary,
            positions,
            new EmbeddingBlock(
                "embedding",
                tokens,
                projects ? Linear("project_in", embedding, hidden, hasBias: false) : null,
                Tensor("embed_positions.weight", TensorRole.Embedding, positions + PositionOffset, hidden),
                PositionOffset),
            [.. Enumerable.Range(0, layers).Select(i => new TransformerBlock(
                $"layers.{i}",
                normFirst,
                Norm($"layers.{i}.self_attn_layer_norm"),
                new AttentionSpec(
                    heads,
                    heads,
                    hidden / heads,
                    Linear($"layers.{i}.self_attn.q_proj", hidden, hidden, bias),
                    Linear($"layers.{i}.self_attn.k_proj", hidden, hidden, bias),
                    Linear($"layers.{i}.self_attn.v_proj", hidden, hidden, bias),
                    Linear($"layers.{i}.self_attn.out_proj", hidden, hidden, bias)),
                Norm($"layers.{i}.final_layer_norm"),
                new FeedForwardSpec(
                    Gate: null,
                    Linear($"layers.{i}.fc1", hidden, feedForward, bias),
                    activation,
                    Linear($"layers.{i}.fc2", feedForward, hidden, bias))))],
            new HeadBlock(
                "head",
                normFirst && !config.GetBoolOr("_remove_final_layer_norm", false) ? Norm("final_layer_norm") : null,
                projects ? Linear("project_out", hidden, embedding, hasBias: false) : null,
                config.GetBoolOr("tie_word_embeddings", true) ? null : new TensorSpec("lm_head.weight", [vocabulary, embedding], TensorRole.Matrix)));
    }
}
