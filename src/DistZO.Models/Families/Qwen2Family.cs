namespace DistZO.Models;

/// <summary>Qwen 2 and 2.5 (arXiv 2407.10671): biases of queries, keys and values.</summary>
internal static class Qwen2Family
{
    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        ConfigChecks.Only(config, "attention_bias", true);
        ConfigChecks.Only(config, "mlp_bias", false);
        return new RotaryDecoder(config, hasTensor)
        {
            MaxPositions = 32_768,
            HeadWidth = config.Has("head_dim") ? ConfigChecks.HeadWidth(config, "head_dim", 0) : null,
            HasQueryKeyValueBias = true,
            Window = SlidingWindow.Read(config),
        }.Describe();
    }
}
