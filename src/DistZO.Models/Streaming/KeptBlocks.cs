using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Blocks that stay on the device and are stored too, each some commits behind at most, so that the next start goes on from there. They
/// are written between passes, beside what follows.
/// </summary>
internal sealed class KeptBlocks : IDisposable
{
    private const int BytesPerUpload = StoredBlock.BytesPerCall;
    private readonly Device _device;
    private readonly IReadOnlyList<StreamedBlock> _blocks;
    private readonly List<BlockBuffer> _memories = [];
    private readonly DeviceStream _stream;

    /// <param name="device">Where they stay; must outlive this.</param>
    /// <param name="blocks">Stored already.</param>
    /// <param name="offloading">Names the clock and the trace.</param>
    public KeptBlocks(Device device, IReadOnlyList<StreamedBlock> blocks, Offloading offloading)
    {
        (_device, _blocks) = (device, blocks);
        foreach (var block in blocks) _memories.Add(new BlockBuffer(device.Allocate(block.Layout.Bytes)));
        Load();
        _stream = device.CreateStream(new StreamOptions($"{offloading.Slot?.Group.TrackOf(offloading.Slot.Slot)}keep", offloading.WriteBackLink, offloading.Trace));
    }

    /// <summary>The blocks.</summary>
    public IReadOnlyList<StreamedBlock> Blocks => _blocks;

    /// <summary>Takes the weights as they are stored.</summary>
    public void Load()
    {
        var piece = new byte[BytesPerUpload];
        foreach (var (block, memory) in _blocks.Zip(_memories))
        {
            for (long at = 0; at < block.Layout.Bytes; at += piece.Length)
            {
                var part = piece.AsSpan(0, (int)Math.Min(piece.Length, block.Layout.Bytes - at));
                block.Stored.Read(at, part);
                _device.Upload(part, memory.Memory, at);
            }

            memory.Step = block.Step;
            block.Arrive(memory);
        }
    }

    /// <summary>Kernels that change weights come from here on: what is still being written must be over.</summary>
    public void Begin()
    {
        foreach (var block in _blocks)
        {
            if (block.Written is not null) _device.Await(block.Written);
        }
    }

    /// <summary>A pass is over. Writes back the blocks for which it is time.</summary>
    /// <param name="pending">Commits that a stored block may lack.</param>
    /// <param name="chainAt">The run's chain hash after so many steps.</param>
    public void End(int pending, Func<int, ulong> chainAt)
    {
        for (var i = 0; i < _blocks.Count; i++)
        {
            var (block, memory) = (_blocks[i], _memories[i].Memory);
            if (!block.IsTrained || block.VisitedStep == block.Step || Math.Abs(block.VisitedStep - block.Step) < pending) continue;
            block.Step = block.VisitedStep;
            _stream.Wait(_device.Record());
            _stream.Download(memory, 0, block.Stored, 0, block.Layout.TrainedBytes);
            _stream.Commit(block.Stored, new StoredVersion(block.Step, chainAt(block.Step)));
            block.Written = _stream.Record();
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        foreach (var memory in _memories) memory.Memory.Dispose();
    }
}
