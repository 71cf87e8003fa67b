using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Puts a checkpoint's weights on a device, or where they are brought to it from.</summary>
public static class ModelLoader
{
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
    /// <param name="offloading">What does not stay on the device; null for nothing. A block that is stored already is taken as it is.</param>
    /// <param name="transfer">What matrices and tables are rounded to in passes that round; null for nothing.</param>
    /// <exception cref="BadInputException">As above, or there is nothing to round.</exception>
    public static Model Load(
        Device device,
        Checkpoint checkpoint,
        ModelPart part,
        WeightType weightType,
        ulong seed,
        InitialValues? initial = null,
        Offloading? offloading = null,
        TransferType? transfer = null)
    {
        StoredTensors.RequireEqualCopies(checkpoint, part.Architecture);
        var values = initial ?? InitialValues.Of(
            part, seed, tokens => Prefix(device, checkpoint, tokens), tokens => Rows(checkpoint, part.Architecture.Embedding.TokenTable, tokens));
        var types = part.Tensors.ToDictionary(spec => spec.Name, spec => part.IsTrained(spec) ? weightType : TypeOf(checkpoint, spec));
        if (transfer is { } rounded && !part.Tensors.Any(spec => TransferTypes.Of(transfer, spec.Role, spec.IsAdded, types[spec.Name]) is not null))
        {
            throw new BadInputException(
                $"transfer_dtype: {rounded.Name()} takes no fewer bytes than the matrices of this model as they are held; leave it out, or use {TransferType.Float8.Name()}");
        }

        var model = ModelAssembly.Build(device, part, types, transfer, values, offloading, (spec, write) => Fill(checkpoint, spec, types[spec.Name], values, write));
        // Memory is short where weights go to disk, and these files are not read again.
        if (offloading is { StoresAll: true }) checkpoint.DropCachedPages();
        return model;
    }

    private static IReadOnlyList<(float[] Keys, float[] Values)> Prefix(Device device, Checkpoint checkpoint, int[] tokens)
    {
        using var exact = device.OpenExact();
        return PrefixValues.Compute(exact ?? device, checkpoint, tokens);
    }

    /// <summary>Puts the base weights back into a model of the same checkpoint.</summary>
    public static void Reload(Model model, Checkpoint checkpoint)
    {
        var specs = model.Part.Tensors.ToDictionary(spec => spec.Name);
        model.Visit(WriteBack.Always, parameter =>
        {
            if (parameter.Trainable)
                Fill(checkpoint, specs[parameter.Name], parameter.Type, model.Initial, (offset, bytes) => model.Device.Upload(bytes, parameter.Storage, offset));
            parameter.FoldedTo = 0;
        });
    }

    /// <summary>A tensor of a checkpoint, frozen, as it is stored there.</summary>
    internal static Parameter LoadFrozen(Device device, Checkpoint checkpoint, TensorSpec spec, int ordinal)
    {
        var type = TypeOf(checkpoint, spec);
        var memory = device.Allocate(spec.Length * type.Size());
        try
        {
            Fill(checkpoint, spec, type, InitialValues.None, (offset, bytes) => device.Upload(bytes, memory, offset));
            return new Parameter(spec.Name, spec.Shape, spec.Role, ordinal, trainable: false, type, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static WeightType TypeOf(Checkpoint checkpoint, TensorSpec spec) => Find(checkpoint, spec).WeightType;

    private static CheckpointTensor Find(Checkpoint checkpoint, TensorSpec spec)
    {
        if (!checkpoint.TryGet(spec.Name, out var tensor))
            throw new BadInputException($"'{checkpoint.Directory}': tensor '{spec.Name}' is missing; the config asks for it, so the checkpoint is incomplete or of another model.");
        if (!tensor.Shape.SequenceEqual(spec.Shape))
        {
            throw new BadInputException(
                $"'{tensor.Path}': tensor '{spec.Name}' has shape [{string.Join(", ", tensor.Shape)}], config.json says [{string.Join(", ", spec.Shape)}].");
        }

        return tensor;
    }

    private static float[] Rows(Checkpoint checkpoint, TensorSpec table, int[] rows)
    {
        var tensor = Find(checkpoint, table);
        var columns = (int)table.Shape[1];
        var values = new float[rows.Length * columns];
        var row = new byte[columns * tensor.WeightType.Size()];
        for (var i = 0; i < rows.Length; i++)
        {
            tensor.Read((long)rows[i] * columns, row);
            WeightConversion.Convert(row, tensor.WeightType, MemoryMarshal.AsBytes(values.AsSpan(i * columns, columns)), WeightType.Float32);
        }

        return values;
    }

    private static void Fill(Checkpoint checkpoint, TensorSpec spec, WeightType type, InitialValues initial, TensorSink write)
    {
        if (!spec.IsAdded)
        {
            Convert(Find(checkpoint, spec), type, write);
            return;
        }

        var values = initial.Of(spec);
        var target = new byte[values.Length * type.Size()];
        WeightConversion.Convert(MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32, target, type);
        write(0, target);
    }

    private static void Convert(CheckpointTensor tensor, WeightType type, TensorSink write)
    {
        // Whole pages in every format.
        const int chunk = 1 << 20;
        var source = new byte[Math.Min(tensor.Elements, chunk) * tensor.WeightType.Size()];
        var target = new byte[Math.Min(tensor.Elements, chunk) * type.Size()];
        for (long start = 0; start < tensor.Elements; start += chunk)
        {
            var count = (int)Math.Min(chunk, tensor.Elements - start);
            var from = source.AsSpan(0, count * tensor.WeightType.Size());
            tensor.Read(start, from);
            var bad = WeightConversion.FindNonFinite(from, tensor.WeightType);
            if (bad >= 0)
                throw new BadInputException($"'{tensor.Path}': tensor '{tensor.Name}' has a weight that is not finite, at index {start + bad}; the checkpoint is damaged or diverged.");
            var to = target.AsSpan(0, count * type.Size());
            WeightConversion.Convert(from, tensor.WeightType, to, type);
            write(start * type.Size(), to);
        }
    }
}
