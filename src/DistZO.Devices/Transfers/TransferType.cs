namespace DistZO.Devices;

/// <summary>The number formats in which weights may be carried to a device, narrower than those in which they are held.</summary>
public enum TransferType
{
    /// <summary>bfloat16, rounded to nearest even.</summary>
    BFloat16,

    /// <summary>OCP's E4M3 without infinities, with one power of two for each <see cref="TransferRounding.Group"/> weights.</summary>
    Float8,
}

/// <summary>Names and sizes of <see cref="TransferType"/>, and which tensors are rounded.</summary>
public static class TransferTypes
{
    /// <summary>The name that recipes use, PyTorch's: <c>bfloat16</c> or <c>float8_e4m3fn</c>.</summary>
    public static string Name(this TransferType type) => type switch
    {
        TransferType.BFloat16 => "bfloat16",
        TransferType.Float8 => "float8_e4m3fn",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>Bytes an element takes, without scales: 2 or 1.</summary>
    public static int Size(this TransferType type) => type == TransferType.BFloat16 ? 2 : 1;

    /// <summary>
    /// How the probes of a run see a tensor. Only matrices and tables that the base has are rounded, and only to fewer bytes: biases and
    /// norms are few, and what a run adds is what it learns.
    /// </summary>
    /// <param name="transfer">What the recipe says; null for nothing.</param>
    /// <param name="role">Of the tensor.</param>
    /// <param name="isAdded">Whether the base lacks it.</param>
    /// <param name="held">The format that it is held in.</param>
    /// <returns>Null: as it is held.</returns>
    public static TransferType? Of(TransferType? transfer, TensorRole role, bool isAdded, WeightType held) =>
        transfer is { } type && role is TensorRole.Matrix or TensorRole.Embedding && !isAdded && type.Size() < held.Size() ? type : null;
}
