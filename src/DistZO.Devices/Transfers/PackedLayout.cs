namespace DistZO.Devices;

/// <summary>Where the tensors of a block lie in what is transferred of it: those that are rounded packed, the others as they are held.</summary>
public sealed class PackedLayout
{
    private const int TensorAlignment = 64;

    /// <param name="block">The block as it is stored; the tensors come in its order.</param>
    public PackedLayout(BlockLayout block)
    {
        Name = block.Name;
        var entries = new List<(Parameter Parameter, long Stored, long Packed)>();
        long at = 0;
        foreach (var (parameter, stored) in block.Entries)
        {
            entries.Add((parameter, stored, at));
            at = RoundUp(at + BytesOf(parameter), TensorAlignment);
        }

        (Entries, Bytes) = (entries, RoundUp(at, BlockLayout.Alignment));
    }

    /// <summary>The block's name.</summary>
    public string Name { get; }

    /// <summary>The tensors, and the byte at which each begins in the stored block and in what is transferred.</summary>
    public IReadOnlyList<(Parameter Parameter, long Stored, long Packed)> Entries { get; }

    /// <summary>Bytes of what is transferred, a multiple of <see cref="BlockLayout.Alignment"/>.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of a tensor in it, without what fills up to the next.</summary>
    public static long BytesOf(Parameter parameter) =>
        parameter.Transfer is { } type ? PackedTensor.BytesOf(type, parameter.Length) : BlockLayout.BytesOf(parameter);

    private static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
