namespace DistZO.Models;

/// <summary>Qwen 3 (arXiv 2505.09388): norms over each head's queries and keys; a head's width is the config's own.</summary>
internal static class Qwen3Family
{
    private const int DefaultHeadWidth = 128;

    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        var bias = config.GetBoolOr("attention_bias", false);
        ConfigChecks.Only(config, "mlp_bias", false);
        return new RotaryDecoder(config, hasTensor)
        {
            MaxPositions = 32_768,
            HeadWidth = ConfigChecks.HeadWidth(config, "head_dim", DefaultHeadWidth),
            HasQueryKeyValueBias = bias,
            HasOutputBias = bias,
            HasHeadNorms = true,
            Window = SlidingWindow.Read(config),
        }.Describe();
    }
}
