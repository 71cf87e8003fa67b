using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Puts a checkpoint's weights on a device.</summary>
public static class ModelLoader
{
    private const int ElementsPerChunk = 1 << 20;

    /// <summary>Loads the model of a checkpoint, all of it trainable.</summary>
    /// <param name="device">Where the weights go.</param>
    /// <param name="checkpoint">The base model; may be disposed afterwards.</param>
    /// <param name="weightType">The number format that trainable weights are held in (the first conversion rounds to nearest even and
    /// caps at the largest finite value).</param>
    /// <exception cref="BadInputException">A missing tensor, another shape than the config says, a weight that is not finite, or an
    /// unsupported option.</exception>
    public static Model Load(Device device, Checkpoint checkpoint, WeightType weightType) =>
        Load(device, checkpoint, ModelPart.Full(ModelFamilies.Describe(checkpoint)), weightType, seed: 0);

    /// <summary>As above, of which a part is trained. Frozen tensors stay in the format of the checkpoint.</summary>
    /// <param name="device">Where the weights go.</param>
    /// <param name="checkpoint">The base model; may be disposed afterwards.</param>
    /// <param name="part">Of the checkpoint's model.</param>
    /// <param name="weightType">The number format of what is trained.</param>
    /// <param name="seed">Of the run; what is added starts from it.</param>
    /// <param name="initial">What is added starts from this instead; null to make it.</param>
    public static Model Load(Device device, Checkpoint checkpoint, ModelPart part, WeightType weightType, ulong seed, InitialValues? initial = null)
    {
        StoredTensors.RequireEqualCopies(checkpoint, part.Architecture);
        var parameters = new Dictionary<string, Parameter>();
        try
        {
            var ordinals = part.Tensors.Select((tensor, i) => (tensor, i)).ToList();
            foreach (var (spec, ordinal) in ordinals.Where(entry => !entry.tensor.IsAdded))
                parameters.Add(spec.Name, LoadTensor(device, checkpoint, spec, ordinal, part.IsTrained(spec) ? weightType : null));
            // These may need what the model computes without them.
            initial ??= InitialValues.Of(
                part,
                seed,
                tokens => PrefixValues.Compute(device, ModelFamilies.Describe(checkpoint), parameters, tokens),
                tokens => Rows(device, parameters[part.Architecture.Embedding.TokenTable.Name], tokens));
            foreach (var (spec, ordinal) in ordinals.Where(entry => entry.tensor.IsAdded))
            {
                var memory = device.Allocate(spec.Shape.Aggregate(1L, (product, n) => product * n) * weightType.Size());
                parameters.Add(spec.Name, new Parameter(spec.Name, spec.Shape, spec.Role, ordinal, trainable: true, weightType, memory));
                Convert(device, initial.Of(spec), weightType, memory);
            }

            return new Model(device, part, [.. ordinals.Select(entry => parameters[entry.tensor.Name])], initial);
        }
        catch
        {
            foreach (var parameter in parameters.Values) parameter.Dispose();
            throw;
        }
    }

    /// <summary>Puts the base weights back into a model of the same checkpoint.</summary>
    public static void Reload(Model model, Checkpoint checkpoint)
    {
        foreach (var (spec, parameter) in model.Part.Tensors.Zip(model.Parameters))
        {
            if (spec.IsAdded) Convert(model.Device, model.Initial.Of(spec), parameter.Type, parameter.Storage);
            else if (parameter.Trainable) Convert(model.Device, checkpoint.Find(parameter.Name), parameter.Type, parameter.Storage);
            parameter.FoldedTo = 0;
        }
    }

    private static Parameter LoadTensor(Device device, Checkpoint checkpoint, TensorSpec spec, int ordinal, WeightType? trained)
    {
        if (!checkpoint.TryGet(spec.Name, out var tensor))
            throw new BadInputException($"'{checkpoint.Directory}': tensor '{spec.Name}' is missing; the config asks for it, so the checkpoint is incomplete or of another model.");
        if (!tensor.Shape.SequenceEqual(spec.Shape))
        {
            throw new BadInputException(
                $"'{tensor.Path}': tensor '{spec.Name}' has shape [{string.Join(", ", tensor.Shape)}], config.json says [{string.Join(", ", spec.Shape)}].");
        }

        var type = trained ?? tensor.WeightType;
        var memory = device.Allocate(tensor.Elements * type.Size());
        try
        {
            Convert(device, tensor, type, memory);
            return new Parameter(spec.Name, spec.Shape, spec.Role, ordinal, trained is not null, type, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static float[] Rows(Device device, Parameter table, int[] rows)
    {
        var values = new float[rows.Length * table.Columns];
        var row = new byte[table.Columns * table.Type.Size()];
        for (var i = 0; i < rows.Length; i++)
        {
            device.Download(table.Storage, (long)rows[i] * row.Length, row);
            WeightConversion.Convert(row, table.Type, MemoryMarshal.AsBytes(values.AsSpan(i * table.Columns, table.Columns)), WeightType.Float32);
        }

        return values;
    }

    private static void Convert(Device device, float[] values, WeightType type, DeviceMemory memory)
    {
        var target = new byte[values.Length * type.Size()];
        WeightConversion.Convert(MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32, target, type);
        device.Upload(target, memory, 0);
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
