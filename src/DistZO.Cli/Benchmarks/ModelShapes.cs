using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>Model shapes by name: those of the published OPT checkpoints, and that of the small model that ships with the demo.</summary>
internal static class ModelShapes
{
    private static readonly Dictionary<string, Shape> Known = new()
    {
        ["tiny"] = new(Vocabulary: 4096, Hidden: 256, Layers: 4, Heads: 4, Positions: 512),
        ["opt-125m"] = new(50272, 768, 12, 12),
        ["opt-350m"] = new(50272, 1024, 24, 16, Embedding: 512, NormFirst: false),
        ["opt-1.3b"] = new(50272, 2048, 24, 32),
        ["opt-2.7b"] = new(50272, 2560, 32, 32),
        ["opt-6.7b"] = new(50272, 4096, 32, 32),
        ["opt-13b"] = new(50272, 5120, 40, 40),
    };

    /// <summary>What a shape is made of.</summary>
    /// <exception cref="BadInputException">No shape has this name.</exception>
    public static ModelArchitecture Find(string name) => ModelFamilies.Describe(ModelConfig.Parse(Config(name), name), _ => false);

    /// <summary>The <c>config.json</c> of a shape.</summary>
    /// <exception cref="BadInputException">No shape has this name.</exception>
    public static string Config(string name) => Known.TryGetValue(name, out var shape)
        ? shape.ToJson()
        : throw new BadInputException($"--shape: there is no shape '{name}'; choose one of {string.Join(", ", Known.Keys)}");

    private sealed record Shape(
        int Vocabulary, int Hidden, int Layers, int Heads, int Positions = 2048, int? Embedding = null, bool NormFirst = true)
    {
        public string ToJson() => $$"""
            {
              "model_type": "opt", "vocab_size": {{Vocabulary}}, "hidden_size": {{Hidden}}, "num_hidden_layers": {{Layers}},
              "num_attention_heads": {{Heads}}, "ffn_dim": {{4 * Hidden}}, "max_position_embeddings": {{Positions}},
              "word_embed_proj_dim": {{Embedding ?? Hidden}}, "do_layer_norm_before": {{(NormFirst ? "true" : "false")}}
            }
            """;
    }
}
