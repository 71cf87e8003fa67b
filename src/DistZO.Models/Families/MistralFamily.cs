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
        if (window is not null) ConfigChecks.Only(config, "use_sliding_window", true);
        return new RotaryDecoder(config, hasTensor)
        {
            MaxPositions = 131_072,
            HeadWidth = config.Has("head_dim") ? ConfigChecks.HeadWidth(config, "head_dim", 0) : null,
            Window = _ => window,
        }.Describe();
    }
}
