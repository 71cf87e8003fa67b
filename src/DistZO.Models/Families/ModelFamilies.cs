using DistZO.Devices;

namespace DistZO.Models;

/// <summary>The families that checkpoints may have, by the model_type of config.json.</summary>
public static class ModelFamilies
{
    private static readonly Dictionary<string, Func<ModelConfig, Func<string, bool>, ModelArchitecture>> Known = new()
    {
        ["opt"] = OptFamily.Describe,
        ["gpt2"] = Gpt2Family.Describe,
        ["llama"] = LlamaFamily.Describe,
        ["mistral"] = MistralFamily.Describe,
        ["qwen2"] = Qwen2Family.Describe,
        ["qwen3"] = Qwen3Family.Describe,
        ["roberta"] = RobertaFamily.Describe,
    };

    /// <summary>The model_type values that can be loaded.</summary>
    public static IReadOnlyCollection<string> Supported => Known.Keys;

    /// <summary>Describes the model of an open checkpoint; see the other overload.</summary>
    /// <exception cref="BadInputException">Also where the checkpoint holds tensors that the model has no place for.</exception>
    public static ModelArchitecture Describe(Checkpoint checkpoint)
    {
        var architecture = Describe(checkpoint.Config, name => checkpoint.TryGet(name, out _));
        StoredTensors.RequireUsed(checkpoint, architecture);
        return architecture;
    }

    /// <summary>Describes the model of a checkpoint. Throws <see cref="BadInputException"/> for a family or an option that is not supported.</summary>
    /// <param name="config">The checkpoint's config.json.</param>
    /// <param name="hasTensor">Whether the checkpoint has a tensor of this name: some families are saved with and without a prefix.</param>
    public static ModelArchitecture Describe(ModelConfig config, Func<string, bool> hasTensor)
    {
        var type = config.GetString("model_type");
        if (!Known.TryGetValue(type, out var describe))
            throw config.Unsupported("model_type", $"supported: {string.Join(", ", Known.Keys)}.");
        if (config.Has("quantization_config")) throw config.Unsupported("quantization_config", "use the checkpoint that is not quantized.");
        ForeignOptions.Refuse(config);
        var architecture = describe(config, hasTensor);
        if (type is not "qwen2" and not "qwen3")
            SlidingWindow.RequireAlike(config, architecture.Layers.Count, architecture.Layers[0].Attention.Window is not null);
        return architecture;
    }
}
