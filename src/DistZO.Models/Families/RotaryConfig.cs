using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Rotary positions as config.json states them: <c>rope_theta</c> and <c>rope_scaling</c> up to version 4 of Transformers,
/// <c>rope_parameters</c> from 5 on. The frequencies are its own, in the binary32 steps in which it computes them.
/// </summary>
internal static class RotaryConfig
{
    private const double DefaultTheta = 10_000;

    private static readonly string[] Common = ["rope_theta", "rope_type", "type", "partial_rotary_factor", "original_max_position_embeddings"];

    /// <summary>The rotation of heads of <paramref name="width"/> features.</summary>
    public static RotarySpec Read(ModelConfig config, int width)
    {
        if (config.Has("rope_parameters") && config.Has("rope_scaling"))
            throw config.Unsupported("rope_scaling", "\"rope_parameters\" says the same, leave one out.");
        var options = config.GetObject("rope_parameters") ?? config.GetObject("rope_scaling");
        foreach (var place in options is null ? [config] : new[] { config, options })
        {
            if (place.GetDoubleOr("partial_rotary_factor", 1) != 1) throw place.Unsupported("partial_rotary_factor", "only 1 is.");
        }

        var frequencies = Frequencies(Theta(config, options), width);
        if (options is null) return new RotarySpec(frequencies);
        var key = options.Has("rope_type") || !options.Has("type") ? "rope_type" : "type";
        switch (options.GetString(key))
        {
            case "default":
                Only(options, Common);
                return new RotarySpec(frequencies);
            case "llama3":
                Only(options, [.. Common, "factor", "low_freq_factor", "high_freq_factor"]);
                return new RotarySpec(Llama3(options, frequencies));
            default:
                throw options.Unsupported(key, "supported: default, llama3.");
        }
    }

    /// <summary>It may stand beside the other options or among them; in both places only with one value.</summary>
    private static double Theta(ModelConfig config, ModelConfig? options)
    {
        double? theta = null;
        foreach (var place in options is null ? [config] : new[] { options, config })
        {
            if (!place.Has("rope_theta")) continue;
            var value = place.GetDouble("rope_theta");
            if (value is <= 1 or > float.MaxValue) throw place.Unsupported("rope_theta", "it must be above 1.");
            if (theta is not null && value != theta) throw place.Unsupported("rope_theta", "the other rotary options have another one, leave one out.");
            theta = value;
        }

        return theta ?? DefaultTheta;
    }

    private static void Only(ModelConfig options, IReadOnlyCollection<string> known)
    {
        if (options.Names.FirstOrDefault(name => options.Has(name) && !known.Contains(name)) is { } unknown)
            throw options.Unsupported(unknown, $"known: {string.Join(", ", known)}.");
    }

    /// <summary>1 / θ^(2i/width).</summary>
    private static float[] Frequencies(double theta, int width)
    {
        var logarithm = ExactMath.Log(theta);
        return [.. Enumerable.Range(0, width / 2).Select(i => 1f / (float)ExactMath.Exp((float)(2 * i) / width * logarithm))];
    }

    /// <summary>
    /// LLaMA 3.1's longer context: slow pairs, which turn less than <c>low_freq_factor</c> times over the original context, turn slower
    /// by <c>factor</c>; those above <c>high_freq_factor</c> stay; between them it goes over linearly.
    /// </summary>
    private static float[] Llama3(ModelConfig options, float[] frequencies)
    {
        var factor = (float)options.GetDouble("factor");
        var low = (float)options.GetDouble("low_freq_factor");
        var high = (float)options.GetDouble("high_freq_factor");
        var original = options.GetInt("original_max_position_embeddings");
        if (!(factor >= 1 && float.IsFinite(factor))) throw options.Unsupported("factor", "it must be 1 or more, and a float32.");
        if (!(low > 0 && high > low && float.IsFinite(high))) throw options.Unsupported("high_freq_factor", "it must be above low_freq_factor, and that above 0.");
        if (original < 1) throw options.Unsupported("original_max_position_embeddings", "it must be 1 or more.");
        return [.. frequencies.Select(frequency =>
        {
            var wavelength = 1f / frequency * (float)(2 * Math.PI);
            if (wavelength > original / low) return frequency / factor;
            if (wavelength < original / high) return frequency;
            var smooth = ((original / wavelength) - low) / (high - low);
            return ((1 - smooth) * frequency / factor) + (smooth * frequency);
        })];
    }
}
