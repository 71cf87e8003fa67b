using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// Models without a checkpoint: matrices and tables are normal with σ = 0.02, scales of norms are 1, shifts and biases 0, as models are
/// initialized.
/// </summary>
internal static class RandomModel
{
    private const float Sigma = 0.02f;

    /// <summary>A model of a shape.</summary>
    /// <param name="device">Where it lives; must outlive it.</param>
    /// <param name="part">The shape, and what of it is trained.</param>
    /// <param name="seed">Picks the weights.</param>
    public static Model Create(Device device, ModelPart part, ulong seed)
    {
        var scales = part.Architecture.Blocks.SelectMany(block => block.Norms).Select(norm => norm.Scale).ToHashSet();
        var parameters = new List<Parameter>();
        foreach (var tensor in part.Tensors)
        {
            var parameter = Tensor(device, tensor, parameters.Count, seed, part.IsTrained(tensor));
            if (scales.Contains(tensor)) Fill(device, parameter, 1f);
            parameters.Add(parameter);
        }

        return new Model(device, part, parameters);
    }

    /// <summary>One float32 tensor: normal where its role is a matrix or a table, else zeros.</summary>
    public static Parameter Tensor(Device device, TensorSpec tensor, int ordinal, ulong seed, bool trainable = true)
    {
        var length = tensor.Length;
        var memory = device.Allocate(length * sizeof(float));
        var parameter = new Parameter(tensor.Name, tensor.Shape, tensor.Role, ordinal, trainable: true, WeightType.Float32, memory);
        if (!tensor.Role.Decays()) return parameter;

        // An update from zero is σ·z: the device makes random weights as fast as it makes perturbations.
        var update = new UpdateHistory();
        update.Append(new WeightUpdate(1f, [new UpdateDirection(seed, Sigma)]));
        device.Fold(parameter, update, 1);
        parameter.FoldedTo = 0;
        return trainable ? parameter : new Parameter(tensor.Name, tensor.Shape, tensor.Role, ordinal, trainable: false, WeightType.Float32, memory);
    }

    private static void Fill(Device device, Parameter parameter, float value)
    {
        var values = new float[parameter.Length];
        Array.Fill(values, value);
        device.Upload(MemoryMarshal.AsBytes<float>(values), parameter.Storage, 0);
    }
}
