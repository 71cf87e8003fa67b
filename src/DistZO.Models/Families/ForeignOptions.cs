namespace DistZO.Models;

/// <summary>
/// Options of other families that change what a model computes. No family here has them, so a config.json that sets one is not of the
/// model that would be loaded.
/// </summary>
internal static class ForeignOptions
{
    /// <summary>Nothing happens where these are 1.</summary>
    private static readonly string[] Factors =
    [
        "attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling", "logit_scale", "key_multiplier", "lm_head_multiplier",
    ];

    /// <summary>Nothing happens where these are absent, null, false, 0 or empty.</summary>
    private static readonly string[] Switches =
    [
        "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "attention_chunk_size", "clip_qkv", "no_rope_layers",
        "num_experts", "num_local_experts", "n_routed_experts", "alibi", "use_qk_norm", "qk_layernorm", "parallel_attn", "use_parallel_residual",
        "use_bidirectional_attention", "is_encoder_decoder",
    ];

    /// <summary>Throws <see cref="Devices.BadInputException"/> for the first that is set.</summary>
    public static void Refuse(ModelConfig config)
    {
        foreach (var name in Factors)
        {
            if (config.GetDoubleOr(name, 1) != 1) throw config.Unsupported(name, "only 1 is.");
        }

        foreach (var name in Switches)
        {
            if (!config.IsOff(name)) throw config.Unsupported(name, "leave it out if the model does without; otherwise it is of another model_type.");
        }

        var hasWindow = config.GetStringOr("model_type", "") is "mistral" or "qwen2" or "qwen3";
        if (!hasWindow && !config.IsOff("sliding_window") && config.GetBoolOr("use_sliding_window", true))
            throw config.Unsupported("sliding_window", "only mistral, qwen2 and qwen3 have it.");
    }
}
