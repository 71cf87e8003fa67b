using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A tensor that a model is made of: its name in the checkpoint, its row-major shape there, and what it is for.</summary>
public sealed record TensorSpec(string Name, long[] Shape, TensorRole Role);

/// <summary>A linear layer y = x·Wᵀ + b. W is [outputs, inputs].</summary>
public sealed record LinearSpec(TensorSpec Weight, TensorSpec? Bias)
{
    /// <summary>Output features.</summary>
    public int Outputs => checked((int)Weight.Shape[0]);
}

/// <summary>A layer normalization; without scale and shift where the checkpoint has none.</summary>
public sealed record NormSpec(TensorSpec? Scale, TensorSpec? Shift, float Epsilon);
