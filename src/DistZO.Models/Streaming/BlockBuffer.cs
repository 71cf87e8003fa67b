using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Device memory for one streamed block at a time.</summary>
internal sealed class BlockBuffer(DeviceMemory memory) : IDisposable
{
    private readonly Dictionary<(StreamedBlock, bool), DeviceMemory[]> _places = [];

    public DeviceMemory Memory { get; } = memory;

    /// <summary>What it holds, or will hold when <see cref="Ready"/> happens; null for nothing of use.</summary>
    public StreamedBlock? Block { get; set; }

    /// <summary>The step that its trained weights are folded up to.</summary>
    public int Step { get; set; }

    /// <summary>Whether the block is there as it is transferred: folded, and what is rounded packed.</summary>
    public bool IsPacked { get; set; }

    /// <summary>Happens when the block is there.</summary>
    public DeviceEvent? Ready { get; set; }

    /// <summary>Happens when nothing that was queued needs what it held before; null at the beginning.</summary>
    public DeviceEvent? Free { get; set; }

    /// <summary>Whether <see cref="Free"/> is the end of a write-back.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Where the tensors of a block are in it, in the order of its layout.</summary>
    public DeviceMemory[] PlacesOf(StreamedBlock block)
    {
        if (_places.TryGetValue((block, IsPacked), out var places)) return places;
        return _places[(block, IsPacked)] = IsPacked
            ? [.. block.Packed.Entries.Select(entry => Memory.Slice(entry.Packed, PackedLayout.BytesOf(entry.Parameter)))]
            : [.. block.Layout.Entries.Select(entry => Memory.Slice(entry.Offset, BlockLayout.BytesOf(entry.Parameter)))];
    }

    public void Dispose() => Memory.Dispose();
}
