using DistZO.Devices;

namespace DistZO.Models;

/// <summary>An adapter's <c>adapter_config.json</c>, as the <c>peft</c> library writes it, of the kinds that a model here can have.</summary>
public sealed class PeftConfig
{
    public const string Lora = "LORA", Prefix = "PREFIX_TUNING", Prompt = "PROMPT_TUNING";

    private const int MostRank = 1 << 16;

    /// <summary>Keys that say nothing about what the adapter computes, or nothing that its tensors do not say.</summary>
    private static readonly string[] Common =
        ["peft_type", "peft_version", "task_type", "auto_mapping", "base_model_name_or_path", "revision", "inference_mode"];

    private static readonly Dictionary<string, string[]> Known = new()
    {
        [Lora] =
        [
            "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "bias", "fan_in_fan_out",
            "init_lora_weights", "megatron_core", "qalora_group_size",
        ],
        [Prefix] =
        [
            "num_virtual_tokens", "num_layers", "num_attention_heads", "token_dim", "num_transformer_submodules", "encoder_hidden_size", "prefix_projection",
        ],
        [Prompt] =
        [
            "num_virtual_tokens", "num_layers", "num_attention_heads", "token_dim", "num_transformer_submodules", "prompt_tuning_init",
            "prompt_tuning_init_text", "tokenizer_name_or_path", "tokenizer_kwargs",
        ],
    };

    private PeftConfig(string path, ModelConfig config)
    {
        (Path, Kind, BaseModel) = (path, config.GetString("peft_type"), config.Has("base_model_name_or_path") ? config.GetString("base_model_name_or_path") : null);
        if (!Known.TryGetValue(Kind, out var known)) throw config.Unsupported("peft_type", $"supported: {string.Join(", ", Known.Keys)}.");
        if (config.Names.FirstOrDefault(name => !config.IsOff(name) && !known.Contains(name) && !Common.Contains(name)) is { } unknown)
            throw config.Unsupported(unknown, $"{Kind} adapters here have none.");
        if (Kind == Lora) (Rank, Alpha) = (Count(config, "r", MostRank), ReadAlpha(config));
        else VirtualTokens = ReadVirtualTokens(config);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>peft_type: <see cref="Lora"/>, <see cref="Prefix"/> or <see cref="Prompt"/>.</summary>
    public string Kind { get; }

    /// <summary>The base as the file names it; null if it does not.</summary>
    public string? BaseModel { get; }

    /// <summary>r of LoRA.</summary>
    public int Rank { get; }

    /// <summary>lora_alpha of LoRA.</summary>
    public double Alpha { get; }

    /// <summary>Of a prefix or a prompt.</summary>
    public int VirtualTokens { get; }

    /// <summary>Whether a directory is an adapter's.</summary>
    public static bool IsIn(string directory) => File.Exists(System.IO.Path.Combine(directory, PeftWriter.ConfigName));

    /// <summary>Reads the config of an adapter directory.</summary>
    /// <exception cref="BadInputException">There is none, it is not sound, or it asks for what is not supported.</exception>
    public static PeftConfig Read(string directory)
    {
        var path = System.IO.Path.Combine(directory, PeftWriter.ConfigName);
        if (File.Exists(path)) return new PeftConfig(path, ModelConfig.Read(path));
        var inside = System.IO.Path.Combine(directory, PeftWriter.FolderName);
        throw new BadInputException(IsIn(inside)
            ? $"'{directory}' is no adapter, but holds one; give '{inside}'"
            : $"'{directory}' is no adapter: it has no {PeftWriter.ConfigName}; give the folder that peft or a run wrote, such as OUT/adapter");
    }

    private static double ReadAlpha(ModelConfig config)
    {
        if (config.GetStringOr("bias", "none") != "none") throw config.Unsupported("bias", "only \"none\" is.");
        // Other ways to start change the base's weights too.
        if (config.IsText("init_lora_weights") && config.GetString("init_lora_weights") != "gaussian")
            throw config.Unsupported("init_lora_weights", "save the adapter as plain LoRA, with true.");
        var alpha = config.GetDouble("lora_alpha");
        return alpha > 0 && float.IsFinite((float)alpha) ? alpha : throw config.Unsupported("lora_alpha", "it must be above 0, and a float32.");
    }

    private static int ReadVirtualTokens(ModelConfig config)
    {
        ConfigChecks.Only(config, "prefix_projection", false);
        if (config.GetIntOr("num_transformer_submodules", 1) != 1) throw config.Unsupported("num_transformer_submodules", "only 1 is.");
        return Count(config, "num_virtual_tokens", int.MaxValue);
    }

    private static int Count(ModelConfig config, string name, int most)
    {
        var count = config.GetInt(name);
        return count >= 1 && count <= most ? count : throw config.Unsupported(name, $"it may be 1 to {most}.");
    }
}
