using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Values of config.json that several families have, checked: what is not supported is refused by name.</summary>
internal static class ConfigChecks
{
    private const int MostLayers = 10_000;
    private const int MostFeatures = 1 << 20;
    private const int MostRows = 2_000_000_000;
    private const int WidestHead = CpuArithmetic.KeyChunk;

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
    public static int Layers(ModelConfig config, string name) => Between(config, name, config.GetInt(name), 1, MostLayers);

    /// <summary>Features of a layer, which must be there unless <paramref name="absent"/> says what they are otherwise.</summary>
    public static int Features(ModelConfig config, string name, int? absent = null) => Between(config, name, Get(config, name, absent), 1, MostFeatures);

    /// <summary>Rows of a table, such as tokens or positions; as <see cref="Features"/>.</summary>
    public static int Rows(ModelConfig config, string name, int? absent = null) => Between(config, name, Get(config, name, absent), 1, MostRows);

    /// <summary>The heads over which <paramref name="whole"/> features are shared out.</summary>
    public static int Heads(ModelConfig config, string name, string wholeName, int whole)
    {
        var heads = config.GetInt(name);
        Multiple(config, name, wholeName, whole);
        if (whole / heads > WidestHead) throw config.Unsupported(name, $"heads of {whole / heads} features are too wide, the widest have {WidestHead}.");
        return heads;
    }

    /// <summary>The width of a head that the config names, in features.</summary>
    public static int HeadWidth(ModelConfig config, string name, int absent) => Between(config, name, config.GetIntOr(name, absent), 1, WidestHead);

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
        return epsilon is > 0 and < 1 ? epsilon : throw config.Unsupported(name, "it must be above 0 (in float32) and below 1.");
    }

    /// <summary>Refuses an option unless it has the one value that is supported, which it also has if absent.</summary>
    public static void Only(ModelConfig config, string name, bool supported)
    {
        if (config.GetBoolOr(name, supported) != supported) throw config.Unsupported(name, $"only {(supported ? "true" : "false")} is.");
    }

    private static int Get(ModelConfig config, string name, int? absent) => absent is { } value ? config.GetIntOr(name, value) : config.GetInt(name);

    private static int Between(ModelConfig config, string name, int value, int least, int most) =>
        value >= least && value <= most ? value : throw config.Unsupported(name, $"it may be {least} to {most}.");
}
