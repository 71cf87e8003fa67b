using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// Model shapes by name, as the <c>config.json</c> of each: those of the published OPT checkpoints, that of the small model that ships
/// with the demo, and a LLaMA as large as the smallest OPT.
/// </summary>
internal static class ModelShapes
{
    private static readonly Dictionary<string, string> Known = new()
    {
        ["tiny"] = Opt(vocabulary: 4096, hidden: 256, layers: 4, heads: 4, positions: 512),
        ["opt-125m"] = Opt(50272, 768, 12, 12),
        ["opt-350m"] = Opt(50272, 1024, 24, 16, embedding: 512, normFirst: false),
        ["opt-1.3b"] = Opt(50272, 2048, 24, 32),
        ["opt-2.7b"] = Opt(50272, 2560, 32, 32),
        ["opt-6.7b"] = Opt(50272, 4096, 32, 32),
        ["opt-13b"] = Opt(50272, 5120, 40, 40),
        ["llama-125m"] = """
            {
              "model_type": "llama", "vocab_size": 32000, "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 12,
              "num_attention_heads": 12, "num_key_value_heads": 4, "max_position_embeddings": 2048, "tie_word_embeddings": false
            }
            """,
    };

    /// <summary>What a shape is made of.</summary>
    /// <exception cref="BadInputException">No shape has this name.</exception>
    public static ModelArchitecture Find(string name) => ModelFamilies.Describe(ModelConfig.Parse(Config(name), name), _ => false);

    /// <summary>The <c>config.json</c> of a shape.</summary>
    /// <exception cref="BadInputException">No shape has this name.</exception>
    public static string Config(string name) => Known.TryGetValue(name, out var config)
        ? config
        : throw new BadInputException($"--shape: there is no shape '{name}'; choose one of {string.Join(", ", Known.Keys)}");

    private static string Opt(
        int vocabulary, int hidden, int layers, int heads, int positions = 2048, int? embedding = null, bool normFirst = true) => $$"""
        {
          "model_type": "opt", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}}, "num_hidden_layers": {{layers}},
          "num_attention_heads": {{heads}}, "ffn_dim": {{4 * hidden}}, "max_position_embeddings": {{positions}},
          "word_embed_proj_dim": {{embedding ?? hidden}}, "do_layer_norm_before": {{(normFirst ? "true" : "false")}}
        }
        """;
}
