using DistZO.Devices;

namespace DistZO.Models;

/// <summary>What streamed blocks come and go over: memory for some of them, and the streams to and from the device.</summary>
internal sealed class BlockPath : IDisposable
{
    private readonly List<BlockBuffer> _buffers = [];

    /// <param name="device">Where blocks are computed with; must outlive this.</param>
    /// <param name="blocks">In the order of a pass; at least one.</param>
    /// <param name="buffers">How many blocks the device has memory for. With one nothing overlaps; with three, an upload, computing and a write-back do.</param>
    /// <param name="upload">The stream to the device.</param>
    /// <param name="writeBack">The stream from it.</param>
    public BlockPath(Device device, IReadOnlyList<StreamedBlock> blocks, int buffers, StreamOptions upload, StreamOptions writeBack)
    {
        Device = device;
        var bytes = blocks.Max(block => Math.Max(block.Layout.Bytes, block.Packed.Bytes));
        for (var i = 0; i < Math.Min(buffers, blocks.Count); i++) _buffers.Add(new BlockBuffer(device.Allocate(bytes)));
        Upload = device.CreateStream(upload);
        WriteBack = device.CreateStream(writeBack);
    }

    public Device Device { get; }

    /// <summary>No more than there are blocks.</summary>
    public IReadOnlyList<BlockBuffer> Buffers => _buffers;

    public DeviceStream Upload { get; }

    public DeviceStream WriteBack { get; }

    public void Dispose()
    {
        Upload.Dispose();
        WriteBack.Dispose();
        foreach (var buffer in _buffers) buffer.Dispose();
    }
}
