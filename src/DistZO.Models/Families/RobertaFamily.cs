using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// RoBERTa (arXiv 1907.11692), a masked language model: every token sees all others, norms after each half and after the embedding,
/// positions counted from the row after the padding token's, and a head of its own: dense, GELU, norm, tied matrix and bias.
/// </summary>
internal static class RobertaFamily
{
    private const string MaskToken = "<mask>";

    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        var hidden = ConfigChecks.Features(config, "hidden_size");
        var heads = ConfigChecks.Heads(config, "num_attention_heads", "hidden_size", hidden);
        var layers = ConfigChecks.Layers(config, "num_hidden_layers");
        var inner = ConfigChecks.Features(config, "intermediate_size");
        var vocabulary = ConfigChecks.Rows(config, "vocab_size");
        var rows = ConfigChecks.Rows(config, "max_position_embeddings");
        var padding = config.GetIntOr("pad_token_id", 1);
        var activation = ConfigChecks.Activation(config, "hidden_act", "gelu");
        var epsilon = ConfigChecks.Epsilon(config, "layer_norm_eps", 1e-12);
        ConfigChecks.Only(config, "is_decoder", false);
        ConfigChecks.Only(config, "add_cross_attention", false);
        if (config.GetStringOr("position_embedding_type", "absolute") != "absolute")
            throw config.Unsupported("position_embedding_type", "only \"absolute\" is.");
        if (padding < 0 || padding >= rows - 1) throw config.Unsupported("pad_token_id", "it must be 0 or more, and below max_position_embeddings − 1.");

        const string prefix = "roberta.";
        TensorSpec Tensor(string name, TensorRole role, params long[] shape) => new(name, shape, role);
        LinearSpec Linear(string name, int inputs, int outputs) => new(
            Tensor(name + ".weight", TensorRole.Matrix, outputs, inputs), Tensor(name + ".bias", TensorRole.Bias, outputs));
        NormSpec Norm(string name) => new(
            Tensor(name + ".weight", TensorRole.Norm, hidden), Tensor(name + ".bias", TensorRole.Norm, hidden), epsilon);
        TransformerBlock Layer(int i)
        {
            var name = $"{prefix}encoder.layer.{i}";
            return new TransformerBlock(
                $"layer.{i}",
                NormFirst: false,
                Norm($"{name}.attention.output.LayerNorm"),
                new AttentionSpec(
                    heads,
                    heads,
                    hidden / heads,
                    Linear($"{name}.attention.self.query", hidden, hidden),
                    Linear($"{name}.attention.self.key", hidden, hidden),
                    Linear($"{name}.attention.self.value", hidden, hidden),
                    Linear($"{name}.attention.output.dense", hidden, hidden),
                    Causal: false),
                Norm($"{name}.output.LayerNorm"),
                new FeedForwardSpec(
                    Gate: null, Linear($"{name}.intermediate.dense", hidden, inner), activation, Linear($"{name}.output.dense", inner, hidden)));
        }

        const string embeddings = prefix + "embeddings.";
        const string vocabularyMatrix = "lm_head.decoder.weight";
        var tokens = Tensor(embeddings + "word_embeddings.weight", TensorRole.Embedding, vocabulary, hidden);
        var bias = Tensor("lm_head.bias", TensorRole.Bias, vocabulary);
        var isTied = config.GetBoolOr("tie_word_embeddings", true);
        return new ModelArchitecture(
            "roberta",
            hidden,
            vocabulary,
            rows - padding - 1,
            new EmbeddingBlock(
                "embedding",
                tokens,
                null,
                Tensor(embeddings + "position_embeddings.weight", TensorRole.Embedding, rows, hidden),
                padding + 1,
                padding,
                Tensor(embeddings + "token_type_embeddings.weight", TensorRole.Embedding, ConfigChecks.Rows(config, "type_vocab_size", 2), hidden),
                Norm(embeddings + "LayerNorm")),
            [.. Enumerable.Range(0, layers).Select(Layer)],
            new HeadBlock(
                "head",
                null,
                Linear("lm_head.dense", hidden, hidden),
                isTied ? null : Tensor(vocabularyMatrix, TensorRole.Matrix, vocabulary, hidden),
                Activation.Gelu,
                Norm("lm_head.layer_norm"),
                bias),
            MaskToken: MaskToken)
        {
            Copies = isTied
                ? new Dictionary<string, TensorSpec> { [vocabularyMatrix] = tokens, ["lm_head.decoder.bias"] = bias }
                : new Dictionary<string, TensorSpec> { ["lm_head.decoder.bias"] = bias },
        };
    }
}
