namespace DistZO.Models;

/// <summary>Which layers of a Qwen model see a sliding window only.</summary>
internal static class SlidingWindow
{
    private const int DefaultWindow = 4096;
    private const int DefaultFirstLayer = 28;
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    /// <summary>The window of each layer: by <c>layer_types</c> if it is there, otherwise from layer <c>max_window_layers</c> on.</summary>
    public static Func<int, int?> Read(ModelConfig config)
    {
        var layers = config.GetInt("num_hidden_layers");
        var types = config.GetStrings("layer_types");
        if (types.Count > 0 && (types.Count != layers || types.Any(type => type is not Full and not Sliding)))
            throw config.Unsupported("layer_types", $"it must be {layers} times \"{Full}\" or \"{Sliding}\".");
        if (!config.GetBoolOr("use_sliding_window", false))
        {
            if (types.Contains(Sliding)) throw config.Unsupported("use_sliding_window", "\"layer_types\" asks for it.");
            return _ => null;
        }

        var window = Size(config, DefaultWindow);
        var first = config.GetIntOr("max_window_layers", DefaultFirstLayer);
        if (first < 0) throw config.Unsupported("max_window_layers", "it must be 0 or more.");
        return i => (types.Count > 0 ? types[i] == Sliding : i >= first) ? window : null;
    }

    /// <summary>Refuses <c>layer_types</c> that are not those of a family whose layers are all alike.</summary>
    /// <param name="config">The model's.</param>
    /// <param name="layers">How many layers it has.</param>
    /// <param name="slides">Whether each has a window.</param>
    public static void RequireAlike(ModelConfig config, int layers, bool slides)
    {
        var (types, type) = (config.GetStrings("layer_types"), slides ? Sliding : Full);
        if (types.Count > 0 && (types.Count != layers || types.Any(other => other != type)))
            throw config.Unsupported("layer_types", $"in a model like this one it must be {layers} times \"{type}\".");
    }

    /// <summary><c>sliding_window</c>: tokens that a token sees, its own included. Null in the file: no window.</summary>
    public static int? Size(ModelConfig config, int absent)
    {
        if (!config.Names.Contains("sliding_window")) return absent;
        if (!config.Has("sliding_window")) return null;
        var size = config.GetInt("sliding_window");
        return size >= 1 ? size : throw config.Unsupported("sliding_window", "it must be 1 or more, or null.");
    }
}
