using DistZO.Devices;

namespace DistZO.Models.Tests;

/// <summary>What a config.json says of a family's options: honoured, or refused by name.</summary>
public class FamilyConfigTests
{
    private const string Sizes =
        """ "hidden_size": 48, "intermediate_size": 40, "num_attention_heads": 4, "num_hidden_layers": 3, "vocab_size": 50, "max_position_embeddings": 64""";

    private const string Llama3 =
        """ "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32""";

    [Fact]
    public void Describe_RopeOfVersion4And5_IsTheSame()
    {
        var v4 = Describe("llama", $$"""{{Sizes}}, "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3",{{Llama3}}}""");
        var v5 = Describe("llama", $$"""{{Sizes}}, "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3",{{Llama3}}}""");
        var legacy = Describe("llama", $$"""{{Sizes}}, "rope_theta": 500000.0, "rope_scaling": {"type": "llama3",{{Llama3}}}""");
        Assert.Equal(v4.Rotary!.Frequencies, v5.Rotary!.Frequencies);
        Assert.Equal(v4.Rotary.Frequencies, legacy.Rotary!.Frequencies);
        Assert.NotEqual(v4.Rotary.Frequencies, Describe("llama", $"""{Sizes}, "rope_theta": 500000.0""").Rotary!.Frequencies);
        Assert.Equal(12, v4.Rotary.Width);
    }

    [Fact]
    public void Describe_LlamaBiases_AreTensorsWhereAskedFor()
    {
        Assert.DoesNotContain(Describe("llama", Sizes).Tensors, tensor => tensor.Role == TensorRole.Bias);
        Assert.Equal(3 * 4, Biases("llama", $"""{Sizes}, "attention_bias": true"""));
        Assert.Equal(3 * 3, Biases("llama", $"""{Sizes}, "mlp_bias": true"""));
        Assert.Equal(3 * 3, Biases("qwen2", Sizes));
        Assert.Equal(3 * 4, Biases("qwen3", $"""{Sizes}, "attention_bias": true"""));
    }

    [Fact]
    public void Describe_Windows_AreTheConfigs()
    {
        Assert.Equal([4096, 4096, 4096], Windows("mistral", Sizes));
        Assert.Equal([24, 24, 24], Windows("mistral", $"""{Sizes}, "sliding_window": 24"""));
        Assert.Equal([null, null, null], Windows("mistral", $"""{Sizes}, "sliding_window": null"""));
        Assert.Equal([null, null, null], Windows("qwen2", $"""{Sizes}, "sliding_window": 24, "max_window_layers": 1"""));
        Assert.Equal([null, 24, 24], Windows("qwen2", $"""{Sizes}, "sliding_window": 24, "max_window_layers": 1, "use_sliding_window": true"""));
        Assert.Equal([24, null, 24], Windows("qwen3", $$"""
            {{Sizes}}, "sliding_window": 24, "use_sliding_window": true, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]
            """));
    }

    [Fact]
    public void Describe_Qwen3WithoutHeadDim_Has128() => Assert.Equal(128, Describe("qwen3", Sizes).Layers[0].Attention.Width);

    [Theory]
    [InlineData("llama", """ "hidden_act": "gelu_fast" """, "hidden_act")]
    [InlineData("llama", """ "rope_scaling": {"rope_type": "yarn", "factor": 4.0} """, "rope_scaling.rope_type")]
    [InlineData("llama", """ "rope_scaling": {"type": "linear", "factor": 4.0} """, "rope_scaling.type")]
    [InlineData("llama", """ "rope_parameters": {"rope_theta": 1e4, "rope_type": "dynamic"} """, "rope_parameters.rope_type")]
    [InlineData("llama", """ "rope_parameters": {"full_attention": {"rope_type": "default"}} """, "rope_parameters.rope_type")]
    [InlineData("llama", """ "rope_parameters": {"rope_type": "default"}, "rope_scaling": {"rope_type": "default"} """, "rope_scaling")]
    [InlineData("llama", """ "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5} """, "partial_rotary_factor")]
    [InlineData("llama", """ "rope_scaling": {"rope_type": "llama3", "factor": 8.0} """, "rope_scaling.low_freq_factor")]
    [InlineData("llama", """ "rope_theta": -1 """, "rope_theta")]
    [InlineData("llama", """ "rope_theta": -1, "rope_parameters": {"rope_theta": 1e4, "rope_type": "default"} """, "rope_theta")]
    [InlineData("llama", """ "rope_theta": 1e5, "rope_parameters": {"rope_theta": 1e4, "rope_type": "default"} """, "rope_theta")]
    [InlineData("llama", """ "rope_scaling": {"rope_type": "default", "factor": 4.0} """, "rope_scaling.factor")]
    [InlineData("llama", """ "rms_norm_eps": 0 """, "rms_norm_eps")]
    [InlineData("llama", """ "rms_norm_eps": -1e-5 """, "rms_norm_eps")]
    [InlineData("llama", """ "rms_norm_eps": 1e-60 """, "rms_norm_eps")]
    [InlineData("llama", """ "head_dim": 258 """, "head_dim")]
    [InlineData("llama", """ "attn_logit_softcapping": 50.0 """, "attn_logit_softcapping")]
    [InlineData("llama", """ "final_logit_softcapping": 30.0 """, "final_logit_softcapping")]
    [InlineData("llama", """ "residual_multiplier": 0.22 """, "residual_multiplier")]
    [InlineData("llama", """ "attention_multiplier": 0.0078125 """, "attention_multiplier")]
    [InlineData("llama", """ "embedding_multiplier": 12.0 """, "embedding_multiplier")]
    [InlineData("llama", """ "logits_scaling": 8.0 """, "logits_scaling")]
    [InlineData("llama", """ "num_local_experts": 8 """, "num_local_experts")]
    [InlineData("llama", """ "sliding_window": 24 """, "sliding_window")]
    [InlineData("llama", """ "layer_types": ["full_attention", "sliding_attention", "full_attention"] """, "layer_types")]
    [InlineData("llama", """ "layer_types": ["full_attention"] """, "layer_types")]
    [InlineData("mistral", """ "layer_types": ["full_attention", "sliding_attention", "full_attention"] """, "layer_types")]
    [InlineData("mistral", """ "use_sliding_window": false """, "use_sliding_window")]
    [InlineData("qwen2", """ "use_sliding_window": true, "max_window_layers": -1 """, "max_window_layers")]
    [InlineData("llama", """ "num_key_value_heads": 3 """, "num_key_value_heads")]
    [InlineData("llama", """ "head_dim": 7 """, "head_dim")]
    [InlineData("llama", """ "quantization_config": {"bits": 4} """, "quantization_config")]
    [InlineData("mistral", """ "sliding_window": 0 """, "sliding_window")]
    [InlineData("mistral", """ "attention_bias": true """, "attention_bias")]
    [InlineData("qwen2", """ "attention_bias": false """, "attention_bias")]
    [InlineData("qwen2", """ "layer_types": ["full_attention"] """, "layer_types")]
    [InlineData("qwen3", """ "layer_types": ["full_attention", "chunked_attention", "full_attention"] """, "layer_types")]
    [InlineData("qwen3", """ "layer_types": ["full_attention", "sliding_attention", "full_attention"] """, "use_sliding_window")]
    public void Describe_AnOptionThatIsNotSupported_IsRefusedByName(string family, string option, string name)
    {
        var error = Assert.Throws<BadInputException>(() => Describe(family, $"{Sizes}, {option}"));
        Assert.StartsWith("'test.json': ", error.Message);
        Assert.Contains($"{name}'", error.Message);
    }

    /// <summary>Every size that is read must be one that a model can have.</summary>
    [Theory]
    [InlineData("llama", "hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "vocab_size", "max_position_embeddings", "num_key_value_heads", "head_dim")]
    [InlineData("opt", "hidden_size", "ffn_dim", "num_attention_heads", "num_hidden_layers", "vocab_size", "max_position_embeddings", "word_embed_proj_dim")]
    [InlineData("roberta", "hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "vocab_size", "max_position_embeddings", "type_vocab_size")]
    [InlineData("gpt2", "n_embd", "n_inner", "n_head", "n_layer", "vocab_size", "n_positions")]
    public void Describe_ASizeOutOfRange_IsRefusedByItsOwnName(string family, params string[] names)
    {
        Describe(family, Options(null, 0));
        foreach (var name in names)
        {
            foreach (var value in new[] { -2048, 0, int.MaxValue })
            {
                var error = Assert.Throws<BadInputException>(() => Describe(family, Options(name, value)));
                Assert.StartsWith($"'test.json': '{name}' is {value}", error.Message);
            }
        }

        string Options(string? changed, int value)
        {
            var sizes = new Dictionary<string, int>
            {
                ["vocab_size"] = 50,
                [family == "gpt2" ? "n_embd" : "hidden_size"] = 48,
                [family == "gpt2" ? "n_layer" : "num_hidden_layers"] = 3,
                [family == "gpt2" ? "n_head" : "num_attention_heads"] = 4,
                [family == "gpt2" ? "n_positions" : "max_position_embeddings"] = 64,
                [family switch { "gpt2" => "n_inner", "opt" => "ffn_dim", _ => "intermediate_size" }] = 40,
            };
            if (changed is not null) sizes[changed] = value;
            return string.Join(", ", sizes.Select(size => $"\"{size.Key}\": {size.Value}"));
        }
    }

    [Fact]
    public void Describe_OptionsOfOthersThatChangeNothing_AreAllowed() => Describe("llama", $$"""
        {{Sizes}}, "attn_logit_softcapping": null, "residual_multiplier": 1.0, "logits_scaling": 1, "no_rope_layers": [], "num_experts": 0, "sliding_window": null,
        "layer_types": ["full_attention", "full_attention", "full_attention"], "rope_theta": 1e4, "rope_parameters": {"rope_theta": 1e4, "rope_type": "default"}
        """);

    [Theory]
    [InlineData(""" "activation_function": "tanh" """, "activation_function")]
    [InlineData(""" "n_head": 5 """, "n_head")]
    [InlineData(""" "scale_attn_weights": false """, "scale_attn_weights")]
    [InlineData(""" "scale_attn_by_inverse_layer_idx": true """, "scale_attn_by_inverse_layer_idx")]
    [InlineData(""" "add_cross_attention": true """, "add_cross_attention")]
    public void Describe_AnOptionOfGpt2ThatIsNotSupported_IsRefusedByName(string option, string name)
    {
        var sizes = name == "n_head" ? "" : """ "n_head": 4,""";
        var error = Assert.Throws<BadInputException>(() => Describe("gpt2", $"""{sizes} "n_embd": 48, "n_layer": 2, "n_positions": 64, "vocab_size": 50, {option}"""));
        Assert.Contains($"'{name}'", error.Message);
    }

    [Theory]
    [InlineData(""" "is_decoder": true """, "is_decoder")]
    [InlineData(""" "position_embedding_type": "relative_key" """, "position_embedding_type")]
    [InlineData(""" "hidden_act": "quick_gelu" """, "hidden_act")]
    [InlineData(""" "pad_token_id": 63 """, "pad_token_id")]
    public void Describe_AnOptionOfRobertaThatIsNotSupported_IsRefusedByName(string option, string name) =>
        Assert.Contains($"'{name}'", Assert.Throws<BadInputException>(() => Describe("roberta", $"{Sizes}, {option}")).Message);

    [Fact]
    public void Describe_Roberta_CountsPositionsFromTheRowAfterThePadding()
    {
        var model = Describe("roberta", Sizes);
        Assert.Equal((2, 62, "<mask>"), (model.Embedding.PositionOffset, model.MaxPositions, model.MaskToken));
        Assert.True(model.IsTied);
        Assert.False(Describe("roberta", $"""{Sizes}, "tie_word_embeddings": false""").IsTied);
    }

    /// <summary>Checkpoints that were saved with and without the head have other names.</summary>
    [Theory]
    [InlineData("llama", "embed_tokens.weight", "model.")]
    [InlineData("gpt2", "wte.weight", "transformer.")]
    public void Describe_ABareBaseModel_HasNoPrefix(string family, string probe, string prefix)
    {
        var sizes = family == "gpt2" ? """ "n_embd": 48, "n_head": 4, "n_layer": 2, "n_positions": 64, "vocab_size": 50""" : Sizes;
        var config = Config(family, sizes);
        Assert.Equal(probe, ModelFamilies.Describe(config, name => name == probe).Tensors.First().Name);
        Assert.Equal(prefix + probe, ModelFamilies.Describe(config, name => name == prefix + probe).Tensors.First().Name);
    }

    private static int Biases(string family, string options) => Describe(family, options).Tensors.Count(tensor => tensor.Role == TensorRole.Bias);

    private static IEnumerable<int?> Windows(string family, string options) => Describe(family, options).Layers.Select(layer => layer.Attention.Window);

    private static ModelArchitecture Describe(string family, string options) => ModelFamilies.Describe(Config(family, options), _ => false);

    private static ModelConfig Config(string family, string options) => ModelConfig.Parse($$"""{"model_type": "{{family}}", {{options}}}""", "test.json");
}
