using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A run of bytes of a block: what one slot uploads, folds and writes back.</summary>
internal readonly record struct BlockSlice(long Offset, long Bytes)
{
    public long End => Offset + Bytes;

    /// <summary>Cuts a block into one slice a slot, of whole pages, in proportion to shares. A block of few pages leaves some slots without.</summary>
    /// <param name="bytes">Of the block; a multiple of <see cref="BlockLayout.Alignment"/>.</param>
    /// <param name="shares">Of each slot, positive, in any unit.</param>
    public static BlockSlice[] Cut(long bytes, IReadOnlyList<double> shares)
    {
        var (pages, all) = (bytes / BlockLayout.Alignment, shares.Sum());
        var slices = new BlockSlice[shares.Count];
        long from = 0;
        var sum = 0.0;
        for (var slot = 0; slot < slices.Length; slot++)
        {
            sum += shares[slot];
            var to = slot == slices.Length - 1 ? pages : Math.Clamp((long)Math.Round(pages * (sum / all)), from, pages);
            slices[slot] = new BlockSlice(from * BlockLayout.Alignment, (to - from) * BlockLayout.Alignment);
            from = to;
        }

        return slices;
    }

    /// <summary>What of it lies before a byte of the block.</summary>
    public BlockSlice Before(long end) => this with { Bytes = Math.Clamp(end - Offset, 0, Bytes) };

    /// <summary>The elements of trained tensors that lie in it.</summary>
    /// <param name="layout">Of the block.</param>
    /// <param name="memory">Holds the block, from byte <paramref name="start"/> of it on.</param>
    /// <param name="start">A byte of the block, not behind the slice.</param>
    public IEnumerable<FoldRange> TrainedRanges(BlockLayout layout, DeviceMemory memory, long start)
    {
        foreach (var (parameter, offset) in layout.Entries)
        {
            var size = parameter.Type.Size();
            var (from, to) = (Math.Max(Offset, offset), Math.Min(End, offset + BlockLayout.BytesOf(parameter)));
            if (!parameter.Trainable || from >= to) continue;
            // Where the memory begins in the middle of the tensor, its first element is not the tensor's.
            var first = Math.Max(0, start - offset) / size;
            yield return new FoldRange(
                memory.Slice(Math.Max(0, offset - start), to - Math.Max(start, offset)),
                parameter.Type,
                parameter.Ordinal,
                parameter.Role.Decays(),
                (from - offset) / size,
                (to - from) / size)
            { First = first };
        }
    }
}
