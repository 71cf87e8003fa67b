namespace DistZO.Models;

/// <summary>One tensor as a safetensors header describes it, checked against the file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="DType">The format's own name of the number format, for example <c>BF16</c>; one of <see cref="SafetensorsTypes"/>.</param>
/// <param name="Shape">Row-major dimensions; empty for a scalar, and a dimension may be 0.</param>
/// <param name="Offset">Where its bytes start, counted from the start of the file. Not necessarily aligned.</param>
/// <param name="Bytes">How many bytes it takes.</param>
public sealed record SafetensorsEntry(string Name, string DType, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, n) => product * n);
}
