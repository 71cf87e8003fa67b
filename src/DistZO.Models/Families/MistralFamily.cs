namespace DistZO.Models;

/// <summary>Mistral (arXiv 2310.06825): LLaMA with a sliding window in every layer.</summary>
internal static class MistralFamily
{
    private const int DefaultWindow = 4096;

    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        ConfigChecks.Only(config, "attention_bias", false);
        ConfigChecks.Only(config, "mlp_bias", false);
        var window = SlidingWindow.Size(config, DefaultWindow);
        return new RotaryDecoder(config, hasTensor)
        {
            MaxPositions = 131_072,
            HeadWidth = config.Has("head_dim") ? config.GetInt("head_dim") : null,
            Window = _ => window,
        }.Describe();
    }
}
