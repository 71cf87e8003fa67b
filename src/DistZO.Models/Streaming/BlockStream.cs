using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The streaming loop (ZO2, arXiv 2503.12668, section 5): while a block computes, the next ones are uploaded and the last one is written
/// back, each on a stream of its own. Blocks come in the cyclic order of passes, so uploads go on across the end of a step. A buffer is
/// filled again only after the event that frees it: the end of its block's kernels, or of its write-back.
/// </summary>
/// <remarks>
/// Other than ZO2, a block is not written back at each step. Weights are base and ledger, so one that is stored may be some commits
/// behind: the next visit folds them again, and <see cref="WriteBackPolicy"/> says when writing is cheaper than that.
/// </remarks>
internal sealed class BlockStream : IBlockVisits
{
    private readonly Device _device;
    private readonly WriteBackPolicy _policy;
    private readonly BlockPath _path;

    // Those whose blocks nobody needs any more, and the block that comes next.
    private readonly List<BlockBuffer> _idle = [];
    private int _next;

    private readonly DeviceStream _upload;
    private readonly DeviceStream _writeBack;

    /// <param name="path">What blocks come and go over; owned.</param>
    /// <param name="blocks">In the order of a pass; at least one.</param>
    /// <param name="policy">When to write back.</param>
    public BlockStream(BlockPath path, IReadOnlyList<StreamedBlock> blocks, WriteBackPolicy policy) =>
        (_path, _device, _upload, _writeBack, Blocks, _policy) = (path, path.Device, path.Upload, path.WriteBack, blocks, policy);

    public IReadOnlyList<StreamedBlock> Blocks { get; }

    public int? WriteBackSteps => _policy.IsChosen ? _policy.Steps : null;

    public Func<int, ulong> ChainAt { get; set; } = _ => 0;

    /// <summary>Whether passes write back what they have folded. Where the host folds they need not.</summary>
    public bool WritesBack { get; init; } = true;

    public void Begin(UpdateHistory? updates, int step) => _policy.Begin(Blocks, updates, step);

    public void Enter(int block)
    {
        var buffer = Find(block) ?? StartAt(block);
        if (buffer.Ready!.IsDone) _device.Await(buffer.Ready);
        else _policy.Stalled(_device.AwaitMeasured(buffer.Ready));
        // Kernels fold in place, so what is still being written back must be over, if the block has stayed.
        if (buffer.Free is not null) _device.Await(buffer.Free);
        Blocks[block].Arrive(buffer);
    }

    public void Leave(int block, WriteBack write)
    {
        var (streamed, buffer) = (Blocks[block], Find(block)!);
        buffer.Free = _device.Record();
        if (streamed.IsTrained)
        {
            buffer.Step = streamed.VisitedStep;
            if (IsWritten(block, buffer.Step, write)) Write(streamed, buffer);
        }

        streamed.Depart();
        // With room for all of them, they stay.
        if (Buffers.Count == Blocks.Count) return;
        _idle.Add(buffer);
        Refill();
    }

    public void Abandon(int block)
    {
        var buffer = Find(block)!;
        (buffer.Free, buffer.Block) = (_device.Record(), null);
        Blocks[block].Depart();
    }

    /// <summary>Others have changed what is stored: what is in the buffers is worth nothing.</summary>
    public void Forget()
    {
        foreach (var buffer in Buffers) buffer.Block = null;
    }

    public void Settle()
    {
        foreach (var block in Blocks) block.Written?.Synchronize();
    }

    public void Dispose() => _path.Dispose();

    private IReadOnlyList<BlockBuffer> Buffers => _path.Buffers;

    private BlockBuffer? Find(int block) => Buffers.FirstOrDefault(buffer => buffer.Block == Blocks[block]);

    /// <summary>The pass is not where it was expected: what is wanted now is uploaded into the buffers that hold something else.</summary>
    private BlockBuffer StartAt(int block)
    {
        var there = 0;
        while (there < Buffers.Count && Find((block + there) % Blocks.Count) is not null) there++;
        var kept = Enumerable.Range(0, there).Select(i => Blocks[(block + i) % Blocks.Count]).ToList();
        _idle.Clear();
        _idle.AddRange(Buffers.Where(buffer => buffer.Block is null || !kept.Contains(buffer.Block)).OrderBy(IsHeld));
        _next = (block + there) % Blocks.Count;
        foreach (var buffer in _idle) Upload(buffer);
        _idle.Clear();
        return Find(block)!;
    }

    /// <summary>
    /// Uploads into buffers that nobody needs any more. Where few blocks are written back, one whose write-back goes on is left alone as
    /// long as others come: an upload that waits for it would hold up all behind it.
    /// </summary>
    private void Refill()
    {
        for (var i = 0; i < _idle.Count;)
        {
            var buffer = _idle[i];
            if (_policy.Steps > 1 && _idle.Count < Buffers.Count && IsHeld(buffer))
            {
                i++;
                continue;
            }

            _idle.RemoveAt(i);
            Upload(buffer);
        }
    }

    /// <summary>Whether a buffer is being written back. Kernels that still use it end by themselves.</summary>
    private static bool IsHeld(BlockBuffer buffer) => buffer is { IsWritten: true, Free.IsDone: false };

    /// <summary>Uploads the next block in the order of passes.</summary>
    private void Upload(BlockBuffer buffer)
    {
        var streamed = Blocks[_next];
        _next = (_next + 1) % Blocks.Count;
        // An upload that is still under way is waited for by its stream, which does one thing after the other.
        if (buffer.Free is not null) _upload.Wait(buffer.Free);
        if (streamed.Written is not null) _upload.Wait(streamed.Written);
        _upload.Upload(streamed.Stored, 0, buffer.Memory, 0, streamed.Layout.Bytes);
        (buffer.Block, buffer.Step, buffer.Ready, buffer.IsWritten) = (streamed, streamed.Step, _upload.Record(), false);
    }

    private bool IsWritten(int block, int step, WriteBack write) => write switch
    {
        WriteBack.Always => true,
        WriteBack.IfFolded => step > Blocks[block].Step,
        _ => WritesBack && step > Blocks[block].Step && _policy.IsDue(block, step, Blocks[block].Step),
    };

    private void Write(StreamedBlock block, BlockBuffer buffer)
    {
        _writeBack.Wait(buffer.Free!);
        _writeBack.Download(buffer.Memory, 0, block.Stored, 0, block.Layout.TrainedBytes);
        _writeBack.Commit(block.Stored, new StoredVersion(buffer.Step, ChainAt(buffer.Step)));
        buffer.Free = block.Written = _writeBack.Record();
        buffer.IsWritten = true;
        block.Step = buffer.Step;
    }
}
