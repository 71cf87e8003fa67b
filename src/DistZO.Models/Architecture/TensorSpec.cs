using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A tensor that a model is made of: its name in the checkpoint, its row-major shape there, and what it is for.</summary>
public sealed record TensorSpec(string Name, long[] Shape, TensorRole Role);

/// <summary>
/// A linear layer y = x·Wᵀ + b. W is [outputs, inputs]; where <paramref name="InputsFirst"/>, the checkpoint stores its transpose.
/// </summary>
public sealed record LinearSpec(TensorSpec Weight, TensorSpec? Bias, bool InputsFirst = false)
{
    /// <summary>Output features.</summary>
    public int Outputs => checked((int)Weight.Shape[InputsFirst ? 1 : 0]);
}

/// <summary>A normalization by mean and variance; without scale and shift where the checkpoint has none.</summary>
public record NormSpec(TensorSpec? Scale, TensorSpec? Shift, float Epsilon);

/// <summary>A normalization by the root mean square over as many features as the scale has.</summary>
public sealed record RmsNormSpec(TensorSpec Scale, float Epsilon) : NormSpec(Scale, null, Epsilon);
