using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A tensor that a model is made of: its name in the checkpoint, its row-major shape there, and what it is for.</summary>
public sealed record TensorSpec(string Name, long[] Shape, TensorRole Role)
{
    /// <summary>Number of elements.</summary>
    public long Length => Shape.Aggregate(1L, (product, n) => checked(product * n));

    /// <summary>Bytes that it takes as it is transferred.</summary>
    /// <param name="held">The number format that it is held in.</param>
    /// <param name="transfer">What tensors are rounded to; null: as it is held.</param>
    public long BytesOf(WeightType held, TransferType? transfer = null) => TransferTypes.Of(transfer, Role, IsAdded, held) is { } rounded
        ? PackedTensor.BytesOf(rounded, Length)
        : Length * held.Size();

    /// <summary>True for a tensor that no checkpoint has: an adapter's.</summary>
    public bool IsAdded { get; init; }
}

/// <summary>
/// A linear layer y = x·Wᵀ + b. W is [outputs, inputs]; where <paramref name="InputsFirst"/>, the checkpoint stores its transpose.
/// </summary>
public sealed record LinearSpec(TensorSpec Weight, TensorSpec? Bias, bool InputsFirst = false)
{
    /// <summary>Output features.</summary>
    public int Outputs => checked((int)Weight.Shape[InputsFirst ? 1 : 0]);

    /// <summary>Input features.</summary>
    public int Inputs => checked((int)Weight.Shape[InputsFirst ? 0 : 1]);

    /// <summary>What is added to W; null for nothing.</summary>
    public LoraSpec? Lora { get; init; }
}

/// <summary>
/// A low-rank addition to a linear layer (LoRA, arXiv 2106.09685): y = x·Wᵀ + b + scale·(x·Aᵀ)·Bᵀ, computed in this order.
/// </summary>
/// <param name="Down">A, [r, inputs].</param>
/// <param name="Up">B, [outputs, r].</param>
/// <param name="Scale">alpha / r.</param>
public sealed record LoraSpec(TensorSpec Down, TensorSpec Up, float Scale);

/// <summary>
/// Keys and values in front of those of every sequence (prefix tuning, arXiv 2101.00190), without a reparametrization. They stand at
/// positions 0 … m − 1, and tokens come after them.
/// </summary>
/// <param name="Keys">[m, features of all key heads], as attention sees them: turned by their position where the model does that.</param>
/// <param name="Values">[m, features of all value heads].</param>
public sealed record PrefixSpec(TensorSpec Keys, TensorSpec Values);

/// <summary>A normalization by mean and variance; without scale and shift where the checkpoint has none.</summary>
public record NormSpec(TensorSpec? Scale, TensorSpec? Shift, float Epsilon);

/// <summary>A normalization by the root mean square over as many features as the scale has.</summary>
public sealed record RmsNormSpec(TensorSpec Scale, float Epsilon) : NormSpec(Scale, null, Epsilon);
