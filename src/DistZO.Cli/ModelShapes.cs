using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli;

/// <summary>
/// Model shapes by name, as the <c>config.json</c> of each: those of published checkpoints, that of the small model that ships with the
/// demo, and a LLaMA as large as the smallest OPT.
/// </summary>
internal static class ModelShapes
{
    private static readonly Dictionary<string, string> Known = new()
    {
        ["tiny"] = Opt(vocabulary: 4096, hidden: 256, layers: 4, heads: 4, positions: 512),
        // OPT (arXiv 2205.01068), table 1; vocabularies are those of the checkpoints.
        ["opt-125m"] = Opt(50272, 768, 12, 12),
        ["opt-350m"] = Opt(50272, 1024, 24, 16, embedding: 512, normFirst: false),
        ["opt-1.3b"] = Opt(50272, 2048, 24, 32),
        ["opt-2.7b"] = Opt(50272, 2560, 32, 32),
        ["opt-6.7b"] = Opt(50272, 4096, 32, 32),
        ["opt-13b"] = Opt(50272, 5120, 40, 40),
        ["opt-30b"] = Opt(50272, 7168, 48, 56),
        ["opt-66b"] = Opt(50272, 9216, 64, 72),
        ["opt-175b"] = Opt(50272, 12288, 96, 96),
        ["llama-125m"] = Gated("llama", vocabulary: 32000, hidden: 768, inner: 2048, layers: 12, heads: 12, keyValueHeads: 4, positions: 2048),
        // LLaMA 2 (arXiv 2307.09288), LLaMA 3 (arXiv 2407.21783, table 3), Qwen 2 (arXiv 2407.10671, table 1).
        ["llama2-7b"] = Gated("llama", 32000, 4096, 11008, 32, 32, 32, 4096),
        ["llama2-13b"] = Gated("llama", 32000, 5120, 13824, 40, 40, 40, 4096),
        ["llama2-70b"] = Gated("llama", 32000, 8192, 28672, 80, 64, 8, 4096),
        ["llama3-8b"] = Gated("llama", 128256, 4096, 14336, 32, 32, 8, 8192),
        ["llama3-70b"] = Gated("llama", 128256, 8192, 28672, 80, 64, 8, 8192),
        ["qwen2-7b"] = Gated("qwen2", 152064, 3584, 18944, 28, 28, 4, 32768),
        ["qwen2-72b"] = Gated("qwen2", 152064, 8192, 29568, 80, 64, 8, 32768),
    };

    /// <summary>The names, in the order of the table.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>What a shape is made of.</summary>
    /// <exception cref="BadInputException">No shape has this name.</exception>
    public static ModelArchitecture Find(string name) => ModelFamilies.Describe(ModelConfig.Parse(Config(name), name), _ => false);

    /// <summary>The <c>config.json</c> of a shape.</summary>
    /// <exception cref="BadInputException">No shape has this name.</exception>
    public static string Config(string name) => Known.TryGetValue(name, out var config)
        ? config
        : throw new BadInputException($"--shape: there is no shape '{name}'; choose one of {string.Join(", ", Names)}");

    private static string Opt(
        int vocabulary, int hidden, int layers, int heads, int positions = 2048, int? embedding = null, bool normFirst = true) => $$"""
        {
          "model_type": "opt", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}}, "num_hidden_layers": {{layers}},
          "num_attention_heads": {{heads}}, "ffn_dim": {{4 * hidden}}, "max_position_embeddings": {{positions}},
          "word_embed_proj_dim": {{embedding ?? hidden}}, "do_layer_norm_before": {{(normFirst ? "true" : "false")}}
        }
        """;

    private static string Gated(
        string family, int vocabulary, int hidden, int inner, int layers, int heads, int keyValueHeads, int positions) => $$"""
        {
          "model_type": "{{family}}", "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}}, "intermediate_size": {{inner}},
          "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{keyValueHeads}},
          "max_position_embeddings": {{positions}}, "tie_word_embeddings": false
        }
        """;
}
