using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Values of config.json that several families have, checked: what is not supported is refused by name.</summary>
internal static class ConfigChecks
{
    private const int MostLayers = 10_000;

    private static readonly Dictionary<string, Activation> Activations = new()
    {
        ["relu"] = Devices.Activation.Relu,
        ["silu"] = Devices.Activation.Silu,
        ["swish"] = Devices.Activation.Silu,
        ["gelu"] = Devices.Activation.Gelu,
        ["gelu_new"] = Devices.Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Devices.Activation.GeluTanh,
    };

    /// <summary>The activation of a feed-forward.</summary>
    public static Activation Activation(ModelConfig config, string name, string absent) =>
        Activations.TryGetValue(config.GetStringOr(name, absent), out var activation)
            ? activation
            : throw config.Unsupported(name, $"supported: {string.Join(", ", Activations.Keys)}.");

    /// <summary>The number of layers.</summary>
    public static int Layers(ModelConfig config, string name)
    {
        var layers = config.GetInt(name);
        return layers is >= 1 and <= MostLayers ? layers : throw config.Unsupported(name, $"it may be 1 to {MostLayers}.");
    }

    /// <summary>Refuses a number of which another one, <paramref name="whole"/>, is no multiple.</summary>
    public static void Multiple(ModelConfig config, string name, string wholeName, int whole)
    {
        var part = config.GetIntOr(name, whole);
        if (part < 1 || whole < part || whole % part != 0) throw config.Unsupported(name, $"{wholeName} {whole} must be a multiple of it.");
    }

    /// <summary>The epsilon of a norm.</summary>
    public static float Epsilon(ModelConfig config, string name, double absent)
    {
        var epsilon = (float)config.GetDoubleOr(name, absent);
        return epsilon is >= 0 and < 1 ? epsilon : throw config.Unsupported(name, "it may be 0 to 1.");
    }

    /// <summary>Refuses an option unless it has the one value that is supported, which it also has if absent.</summary>
    public static void Only(ModelConfig config, string name, bool supported)
    {
        if (config.GetBoolOr(name, supported) != supported) throw config.Unsupported(name, $"only {(supported ? "true" : "false")} is.");
    }
}
