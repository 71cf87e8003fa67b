using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Puts a checkpoint's weights on a device.</summary>
public static class ModelLoader
{
    private const int ElementsPerChunk = 1 << 20;

    /// <summary>Loads the model of a checkpoint. The tensors' order is the layout; all of them are trainable.</summary>
    /// <param name="device">Where the weights go.</param>
    /// <param name="checkpoint">The base model; may be disposed afterwards.</param>
    /// <param name="weightType">The number format that trainable weights are held in (the first conversion rounds to nearest even and
    /// caps at the largest finite value).</param>
    /// <exception cref="BadInputException">A missing tensor, another shape than the config says, a weight that is not finite, or an
    /// unsupported option.</exception>
    public static Model Load(Device device, Checkpoint checkpoint, WeightType weightType)
    {
        var architecture = ModelFamilies.Describe(checkpoint);
        var parameters = new List<Parameter>();
        try
        {
            foreach (var spec in architecture.Tensors) parameters.Add(LoadTensor(device, checkpoint, spec, parameters.Count, weightType));
        }
        catch
        {
            foreach (var parameter in parameters) parameter.Dispose();
            throw;
        }

        return new Model(device, architecture, parameters);
    }

    /// <summary>Puts the base weights back into a model of the same checkpoint.</summary>
    public static void Reload(Model model, Checkpoint checkpoint)
    {
        foreach (var parameter in model.Parameters)
        {
            Convert(model.Device, checkpoint.Find(parameter.Name), parameter.Type, parameter.Storage);
            parameter.FoldedTo = 0;
        }
    }

    private static Parameter LoadTensor(Device device, Checkpoint checkpoint, TensorSpec spec, int ordinal, WeightType type)
    {
        if (!checkpoint.TryGet(spec.Name, out var tensor))
            throw new BadInputException($"'{checkpoint.Directory}': tensor '{spec.Name}' is missing; the config asks for it, so the checkpoint is incomplete or of another model.");
        if (!tensor.Shape.SequenceEqual(spec.Shape))
        {
            throw new BadInputException(
                $"'{tensor.Path}': tensor '{spec.Name}' has shape [{string.Join(", ", tensor.Shape)}], config.json says [{string.Join(", ", spec.Shape)}].");
        }

        var memory = device.Allocate(tensor.Elements * type.Size());
        try
        {
            Convert(device, tensor, type, memory);
            return new Parameter(spec.Name, spec.Shape, spec.Role, ordinal, trainable: true, type, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static void Convert(Device device, CheckpointTensor tensor, WeightType type, DeviceMemory memory)
    {
        var source = new byte[Math.Min(tensor.Elements, ElementsPerChunk) * tensor.WeightType.Size()];
        var target = new byte[Math.Min(tensor.Elements, ElementsPerChunk) * type.Size()];
        for (long start = 0; start < tensor.Elements; start += ElementsPerChunk)
        {
            var count = (int)Math.Min(ElementsPerChunk, tensor.Elements - start);
            var from = source.AsSpan(0, count * tensor.WeightType.Size());
            tensor.Read(start, from);
            var bad = WeightConversion.FindNonFinite(from, tensor.WeightType);
            if (bad >= 0)
                throw new BadInputException($"'{tensor.Path}': tensor '{tensor.Name}' has a weight that is not finite, at index {start + bad}; the checkpoint is damaged or diverged.");
            var to = target.AsSpan(0, count * type.Size());
            WeightConversion.Convert(from, tensor.WeightType, to, type);
            device.Upload(to, memory, start * type.Size());
        }
    }
}
