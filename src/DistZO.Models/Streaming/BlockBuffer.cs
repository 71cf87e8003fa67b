using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Device memory for one streamed block at a time.</summary>
/// <param name="memory">Belongs to whoever makes this.</param>
/// <param name="isPacked">Whether blocks come folded, with what is rounded packed, and not as they are held.</param>
internal sealed class BlockBuffer(DeviceMemory memory, bool isPacked = false)
{
    private readonly Dictionary<StreamedBlock, DeviceMemory[]> _places = [];

    public DeviceMemory Memory => memory;

    public bool IsPacked => isPacked;

    /// <summary>What it holds, or will hold when <see cref="Ready"/> happens; null for nothing of use.</summary>
    public StreamedBlock? Block { get; set; }

    /// <summary>The step that its trained weights are folded up to.</summary>
    public int Step { get; set; }

    /// <summary>Happens when the block is there.</summary>
    public DeviceEvent? Ready { get; set; }

    /// <summary>Happens when nothing that was queued needs what it held before; null at the beginning.</summary>
    public DeviceEvent? Free { get; set; }

    /// <summary>Whether <see cref="Free"/> is the end of a write-back.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Where the tensors of a block are in it, in the order of its layout.</summary>
    public DeviceMemory[] PlacesOf(StreamedBlock block)
    {
        if (_places.TryGetValue(block, out var places)) return places;
        return _places[block] = isPacked
            ? [.. block.Packed.Entries.Select(entry => memory.Slice(entry.Packed, PackedLayout.BytesOf(entry.Parameter)))]
            : [.. block.Layout.Entries.Select(entry => memory.Slice(entry.Offset, BlockLayout.BytesOf(entry.Parameter)))];
    }
}
