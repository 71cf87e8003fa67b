using DistZO.Devices;

namespace DistZO.Models;

/// <summary>What streamed blocks come and go over: memory for some of them, and the streams to and from the device.</summary>
internal sealed class BlockPath : IDisposable
{
    private readonly DeviceMemory _memory;

    /// <param name="device">Where blocks are computed with; must outlive this.</param>
    /// <param name="blocks">In the order of a pass; at least one.</param>
    /// <param name="buffers">How many blocks the device has memory for. With one nothing overlaps; with three, an upload, computing and a write-back do.</param>
    /// <param name="upload">The stream to the device.</param>
    /// <param name="writeBack">The stream from it.</param>
    /// <param name="forms">How blocks come.</param>
    public BlockPath(
        Device device, IReadOnlyList<StreamedBlock> blocks, int buffers, StreamOptions upload, StreamOptions writeBack, BlockForms forms = BlockForms.Whole)
    {
        Device = device;
        var count = Math.Min(buffers, blocks.Count);
        long whole = blocks.Max(block => block.Layout.Bytes), packed = blocks.Max(block => block.Packed.Bytes);
        var bytes = forms switch
        {
            BlockForms.Whole => count * whole,
            BlockForms.Packed => count * packed,
            // One kind after the other: whole ones get what there is then, and one fits at least.
            _ => Math.Max(count * packed, whole),
        };
        _memory = device.Allocate(bytes);
        Buffers = forms == BlockForms.Packed ? [] : Cut(whole, (int)Math.Min(count, bytes / whole), false);
        PackedBuffers = forms == BlockForms.Whole ? [] : Cut(packed, count, true);
        Upload = device.CreateStream(upload);
        WriteBack = device.CreateStream(writeBack);

        List<BlockBuffer> Cut(long size, int pieces, bool isPacked) =>
            [.. Enumerable.Range(0, pieces).Select(i => new BlockBuffer(_memory.Slice(i * size, size), isPacked))];
    }

    public Device Device { get; }

    /// <summary>For blocks as they are held; no more than there are blocks.</summary>
    public IReadOnlyList<BlockBuffer> Buffers { get; }

    /// <summary>For blocks that the host has folded and packed, in the same memory.</summary>
    public IReadOnlyList<BlockBuffer> PackedBuffers { get; }

    public DeviceStream Upload { get; }

    public DeviceStream WriteBack { get; }

    /// <summary>No buffer holds anything of use any more.</summary>
    /// <param name="free">Happens when nothing that was queued needs what they hold.</param>
    public void Clear(DeviceEvent free)
    {
        foreach (var buffer in Buffers.Concat(PackedBuffers)) (buffer.Block, buffer.Ready, buffer.Free, buffer.IsWritten) = (null, null, free, false);
    }

    public void Dispose()
    {
        Upload.Dispose();
        WriteBack.Dispose();
        _memory.Dispose();
    }
}

/// <summary>How blocks come to a device.</summary>
internal enum BlockForms
{
    /// <summary>As they are held.</summary>
    Whole,

    /// <summary>Folded and packed by the host.</summary>
    Packed,

    /// <summary>The one in passes of all slots, the other in those of the first slot alone.</summary>
    Either,
}
