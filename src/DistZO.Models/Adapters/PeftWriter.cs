using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Writes an adapter as the <c>peft</c> library does: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, in float32.</summary>
public static class PeftWriter
{
    /// <summary>The folder of an adapter in the output directory of a run.</summary>
    public const string FolderName = "adapter";

    public const string WeightsName = "adapter_model.safetensors";
    public const string ConfigName = "adapter_config.json";

    private static readonly JsonWriterOptions Style = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the adapter of a model.</summary>
    /// <param name="model">All tensors folded to one step.</param>
    /// <param name="source">Its base.</param>
    /// <param name="directory">Where to; made if it is not there.</param>
    public static void Write(Model model, Checkpoint source, string directory)
    {
        Directory.CreateDirectory(directory);
        var tensors = model.Part.Name == "prefix" ? [Prefix(model)] : model.Part.Trained.Select(tensor => Tensor(tensor.Name, tensor.Shape, model.Download(tensor))).ToArray();
        SafetensorsWriter.Write(Path.Combine(directory, WeightsName), SafetensorsWriter.InStandardOrder(tensors), SafetensorsWriter.DefaultMetadata);
        var config = model.Part.Lora is { } lora ? LoraConfig(model, lora) : model.Part.Name == "prefix" ? PrefixConfig(model) : PromptConfig(model);
        config["base_model_name_or_path"] = Path.GetFullPath(source.Directory);
        config["inference_mode"] = true;
        config["task_type"] = TaskType(model.Part);
        DurableFile.WriteAtomically(Path.Combine(directory, ConfigName), file =>
        {
            using var json = new Utf8JsonWriter(file, Style);
            config.WriteTo(json);
        });
    }

    /// <summary>
    /// PEFT has no task of masked language models. LoRA needs none: it wraps the model as it is. A prefix or prompt is put in front of the tokens
    /// only by the class of a task, of which feature extraction's gives what the model itself does.
    /// </summary>
    private static string? TaskType(ModelPart part) => part.Architecture.MaskToken is null ? "CAUSAL_LM" : part.Lora is null ? "FEATURE_EXTRACTION" : null;

    private static JsonObject LoraConfig(Model model, LoraOptions lora) => new()
    {
        ["peft_type"] = "LORA",
        ["r"] = lora.Rank,
        ["lora_alpha"] = lora.Alpha == Math.Floor(lora.Alpha) ? JsonValue.Create((long)lora.Alpha) : JsonValue.Create(lora.Alpha),
        ["lora_dropout"] = 0.0,
        ["target_modules"] = new JsonArray([.. Adapted(model).Select(linear => JsonValue.Create(linear.Weight.Name.Split('.')[^2])).DistinctBy(name => name!.ToString())]),
        ["bias"] = "none",
        ["fan_in_fan_out"] = Adapted(model).Any(linear => linear.InputsFirst),
        ["init_lora_weights"] = true,
        ["modules_to_save"] = null,
        ["layers_to_transform"] = null,
    };

    private static JsonObject PrefixConfig(Model model)
    {
        var attention = model.Architecture.Layers[0].Attention;
        return new JsonObject
        {
            ["peft_type"] = "PREFIX_TUNING",
            ["num_virtual_tokens"] = model.Architecture.VirtualTokens,
            ["num_layers"] = model.Architecture.Layers.Count,
            ["num_attention_heads"] = attention.KeyValueHeads,
            ["token_dim"] = attention.KeyValueHeads * attention.Width,
            ["num_transformer_submodules"] = 1,
            ["encoder_hidden_size"] = attention.KeyValueHeads * attention.Width,
            ["prefix_projection"] = false,
        };
    }

    private static JsonObject PromptConfig(Model model) => new()
    {
        ["peft_type"] = "PROMPT_TUNING",
        ["num_virtual_tokens"] = model.Architecture.VirtualTokens,
        ["num_layers"] = model.Architecture.Layers.Count,
        ["num_attention_heads"] = model.Architecture.Layers[0].Attention.Heads,
        ["token_dim"] = model.Architecture.Embedding.TokenTable.Shape[1],
        ["num_transformer_submodules"] = 1,
        ["prompt_tuning_init"] = "RANDOM",
        ["prompt_tuning_init_text"] = null,
        ["tokenizer_name_or_path"] = null,
    };

    /// <summary>PEFT's one table, [token][layer][key, value][head][feature].</summary>
    private static TensorToWrite Prefix(Model model)
    {
        var layers = model.Architecture.Layers.SelectMany(layer => new[] { layer.Attention.Prefix!.Keys, layer.Attention.Prefix!.Values }).Select(model.Download).ToArray();
        var tokens = model.Architecture.VirtualTokens;
        var features = layers[0].Length / tokens;
        var table = new float[tokens * layers.Length * features];
        for (var token = 0; token < tokens; token++)
        {
            for (var i = 0; i < layers.Length; i++)
                layers[i].AsSpan(token * features, features).CopyTo(table.AsSpan(((token * layers.Length) + i) * features));
        }

        return Tensor(PeftNames.Table, [tokens, (long)layers.Length * features], table);
    }

    private static IEnumerable<LinearSpec> Adapted(Model model) => model.Architecture.Layers.SelectMany(layer => layer.Linears).Where(linear => linear.Lora is not null);

    private static TensorToWrite Tensor(string name, long[] shape, float[] values) => new(name, "F32", shape, (offset, destination) =>
        MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, destination.Length).CopyTo(destination));
}
