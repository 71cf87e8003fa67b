using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>Models without a checkpoint, of any number format and wherever their layers are: a pattern of random weights that is repeated.</summary>
internal static class PatternModel
{
    private const double Sigma = 0.02;

    /// <summary>A model of random weights: a pattern that is repeated.</summary>
    public static Model Assemble(Device device, ModelPart part, WeightType type, Offloading? offloading)
    {
        var scales = part.Architecture.Blocks.SelectMany(block => block.Norms).Select(norm => norm.Scale).ToHashSet();
        var (normal, one) = (Pattern(type, random => (float)(Sigma * ((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2))), Pattern(type, _ => 1f));
        var zero = new byte[normal.Length];
        return ModelAssembly.Build(device, part, part.Tensors.ToDictionary(tensor => tensor.Name, _ => type), transfer: null, InitialValues.None, offloading, (tensor, write) =>
        {
            var pattern = scales.Contains(tensor) ? one : tensor.Role.Decays() ? normal : zero;
            var bytes = tensor.Length * type.Size();
            for (long at = 0; at < bytes; at += pattern.Length) write(at, pattern.AsSpan(0, (int)Math.Min(pattern.Length, bytes - at)));
        });
    }

    private static byte[] Pattern(WeightType type, Func<Random, float> value)
    {
        var random = new Random(1);
        var values = new float[1 << 18];
        for (var i = 0; i < values.Length; i++) values[i] = value(random);
        var bytes = new byte[values.Length * type.Size()];
        WeightConversion.Convert(MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32, bytes, type);
        return bytes;
    }
}
