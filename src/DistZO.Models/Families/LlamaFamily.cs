namespace DistZO.Models;

/// <summary>LLaMA 2 (arXiv 2307.09288) and 3 (arXiv 2407.21783): no biases unless config.json asks for them.</summary>
internal static class LlamaFamily
{
    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        var bias = config.GetBoolOr("attention_bias", false);
        return new RotaryDecoder(config, hasTensor)
        {
            MaxPositions = 2048,
            HeadWidth = config.Has("head_dim") ? ConfigChecks.HeadWidth(config, "head_dim", 0) : null,
            HasQueryKeyValueBias = bias,
            HasOutputBias = bias,
            HasFeedForwardBias = config.GetBoolOr("mlp_bias", false),
        }.Describe();
    }
}
