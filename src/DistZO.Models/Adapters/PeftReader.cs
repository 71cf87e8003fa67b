using DistZO.Devices;

namespace DistZO.Models;

/// <summary>An adapter over a base model.</summary>
/// <param name="Part">The base with what is added to it.</param>
/// <param name="Values">The values of what is added.</param>
public sealed record PeftAdapter(ModelPart Part, InitialValues Values);

/// <summary>Reads an adapter as <see cref="PeftWriter"/>, or the <c>peft</c> library, writes it.</summary>
public static class PeftReader
{
    /// <summary>Puts an adapter over a model.</summary>
    /// <param name="directory">Holds <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <param name="architecture">The base.</param>
    /// <exception cref="BadInputException">It is not sound, not supported, or does not fit the base.</exception>
    public static PeftAdapter Read(string directory, ModelArchitecture architecture)
    {
        var config = PeftConfig.Read(directory);
        using var file = OpenWeights(directory);
        var tensors = file.Tensors.ToDictionary(tensor => tensor.Name);
        var part = config.Kind switch
        {
            PeftConfig.Lora => ModelPart.WithLora(
                architecture, new LoraOptions { Rank = config.Rank, Alpha = config.Alpha }, module => tensors.ContainsKey($"{module}.lora_A.weight")),
            PeftConfig.Prefix => ModelPart.WithPrefix(architecture, config.VirtualTokens),
            _ => ModelPart.WithPrompt(architecture, config.VirtualTokens),
        };
        var values = new Dictionary<string, float[]>();
        if (config.Kind == PeftConfig.Prefix) ReadPrefix(file.Path, tensors, part, values);
        else foreach (var tensor in part.Trained) values[tensor.Name] = Take(file.Path, tensors, tensor.Name, tensor.Shape, part);
        if (tensors.Keys.FirstOrDefault() is { } unused) throw DoesNotFit(file.Path, part, $"tensor '{unused}' has no place in it");
        return new PeftAdapter(part, new InitialValues(part.Trained, values));
    }

    /// <summary>Opens the weights of an adapter directory.</summary>
    public static SafetensorsFile OpenWeights(string directory)
    {
        var path = Path.Combine(directory, PeftWriter.WeightsName);
        if (!File.Exists(path)) throw new BadInputException($"'{path}' is missing; save the adapter as safetensors, which peft does by itself");
        return SafetensorsFile.Open(path);
    }

    /// <summary>PEFT's one table, [token][layer][key, value][feature].</summary>
    private static void ReadPrefix(string path, Dictionary<string, CheckpointTensor> tensors, ModelPart part, Dictionary<string, float[]> values)
    {
        TensorSpec[] parts = [.. part.Architecture.Layers.SelectMany(layer => new[] { layer.Attention.Prefix!.Keys, layer.Attention.Prefix!.Values })];
        var (tokens, features) = ((int)parts[0].Shape[0], (int)parts[0].Shape[1]);
        var table = Take(path, tensors, PeftNames.Table, [tokens, (long)parts.Length * features], part);
        for (var i = 0; i < parts.Length; i++)
        {
            var own = values[parts[i].Name] = new float[tokens * features];
            for (var token = 0; token < tokens; token++) table.AsSpan(((token * parts.Length) + i) * features, features).CopyTo(own.AsSpan(token * features));
        }
    }

    private static float[] Take(string path, Dictionary<string, CheckpointTensor> tensors, string name, long[] shape, ModelPart part)
    {
        if (!tensors.Remove(name, out var tensor)) throw DoesNotFit(path, part, $"tensor '{name}' is missing");
        if (!tensor.Shape.SequenceEqual(shape))
            throw DoesNotFit(path, part, $"tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}], and the model with {PeftWriter.ConfigName} needs [{string.Join(", ", shape)}]");
        var values = tensor.ReadFloat32(0, checked((int)tensor.Elements));
        var bad = Array.FindIndex(values, value => !float.IsFinite(value));
        return bad < 0 ? values : throw JsonFile.Bad(path, $"tensor '{name}' has a weight that is not finite, at index {bad}");
    }

    private static BadInputException DoesNotFit(string path, ModelPart part, string what) =>
        new($"'{path}' does not fit the base, a model of family {part.Architecture.Family}: {what}; give the model that it was trained on with --model");
}
