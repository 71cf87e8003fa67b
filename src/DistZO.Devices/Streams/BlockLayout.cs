namespace DistZO.Devices;

/// <summary>Where the tensors of a block lie in its bytes: the trained ones first, then the frozen ones, each in the order of its ordinal.</summary>
public sealed class BlockLayout
{
    /// <summary>Bytes that parts of a block are a multiple of: pages, and what direct input and output ask for.</summary>
    public const int Alignment = 4096;

    private const int TensorAlignment = 64;

    /// <param name="name">The block's name.</param>
    /// <param name="parameters">Its tensors.</param>
    public BlockLayout(string name, IEnumerable<Parameter> parameters)
    {
        Name = name;
        var sorted = parameters.OrderBy(p => !p.Trainable).ThenBy(p => p.Ordinal).ToList();
        var entries = new List<(Parameter Parameter, long Offset)>();
        long at = 0;
        foreach (var parameter in sorted)
        {
            if (!parameter.Trainable && at == TrainedBytes) at = RoundUp(at, Alignment);
            entries.Add((parameter, at));
            at = RoundUp(at + BytesOf(parameter), TensorAlignment);
            if (parameter.Trainable) TrainedBytes = at;
        }

        (Bytes, TrainedBytes, Entries) = (RoundUp(at, Alignment), RoundUp(TrainedBytes, Alignment), entries);
    }

    public string Name { get; }

    /// <summary>The tensors, and the byte at which each begins.</summary>
    public IReadOnlyList<(Parameter Parameter, long Offset)> Entries { get; }

    /// <summary>Bytes of the block.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of its trained tensors, at its beginning.</summary>
    public long TrainedBytes { get; }

    /// <summary>Bytes of a tensor, without what fills up to the next.</summary>
    public static long BytesOf(Parameter parameter) => parameter.Length * parameter.Type.Size();

    private static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
