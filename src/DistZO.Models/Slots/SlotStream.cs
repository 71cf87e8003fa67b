using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The streaming loop of one of several slots (DistZO2, arXiv 2507.03211): the slot uploads its slice of a block over its own link, folds
/// into it the commits that it lacks, and copies the slices of the others over the fabric, each while earlier blocks compute. So the host's
/// links together bring a block once, and each commit is folded once. Without a fabric every slot uploads whole blocks, and its kernels fold.
/// </summary>
/// <remarks>
/// Visits are numbered over all passes; the block of visit v is v modulo the blocks, its buffer v modulo the buffers R. After visit v a slot
/// queues, in this order: its write-back; the upload of visit v + R, which waits until all others have copied v's slice out of the buffer;
/// the fold of v + R; the copies for v + R − 1. See <see cref="SlotBoard"/> on why nobody waits for ever.
/// </remarks>
internal sealed class SlotStream : IDisposable
{
    private readonly SlotGroup _group;
    private readonly int _slot;
    private readonly BlockPath _path;
    private readonly DeviceStream? _fold;
    private readonly SlotGather? _gather;
    private readonly SlotVisit[] _visits;
    private UpdateHistory? _updates;
    private DeviceEvent? _joined;
    private int _step;
    private int _visit;
    private int _end;
    private int _uploaded;
    private int _gathered;

    /// <param name="group">Of all slots.</param>
    /// <param name="slot">This one's number.</param>
    /// <param name="path">Its buffers and streams.</param>
    /// <param name="blocks">In the order of a pass.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    public SlotStream(SlotGroup group, int slot, BlockPath path, IReadOnlyList<StreamedBlock> blocks, ITraceSink? trace)
    {
        (_group, _slot, _path, Blocks) = (group, slot, path, blocks);
        _visits = [.. (group.FoldsOnHost ? path.PackedBuffers : path.Buffers).Select(buffer => new SlotVisit(buffer))];
        if (group.Slicing == SlotSlicing.Whole) return;
        _fold = path.Device.CreateStream(new StreamOptions($"{group.TrackOf(slot)}fold", null, trace));
        _gather = SlotGather.Of(group, slot, path.Device, trace);
    }

    public Device Device => _path.Device;

    public IReadOnlyList<StreamedBlock> Blocks { get; }

    /// <summary>A pass begins: what is uploaded already is folded up to its step.</summary>
    public void Begin(UpdateHistory? updates, int step)
    {
        if (_visit != _end) throw new InvalidOperationException("a pass begins before the last one has ended");
        (_updates, _step, _end) = (updates, step, _visit + Blocks.Count);
        if (_slot == 0) Board.Alone(() => _group.Policy.Begin(Blocks, updates, step));
        while (_uploaded < Math.Min(_visit + _visits.Length, LastUpload)) Upload(_uploaded);
        for (var visit = _visit; visit < Math.Min(_visit + _visits.Length, _end); visit++) Fold(visit);
        for (var visit = _visit; visit < Math.Min(_visit + _visits.Length - 1, _end); visit++) Gather(visit);
    }

    public void Enter(int block)
    {
        if (_visit == _end || block != _visit % Blocks.Count) throw new InvalidOperationException($"slot {_slot} visits block {block} out of turn");
        Gather(_visit);
        var buffer = Of(_visit).Buffer;
        if (_slot > 0 || buffer.Ready!.IsDone)
        {
            Device.Await(buffer.Ready!);
        }
        else
        {
            var stall = Device.AwaitMeasured(buffer.Ready);
            Board.Alone(() => _group.Policy.Stalled(stall));
        }

        Blocks[block].Arrive(buffer);
    }

    public void Leave(int block)
    {
        var (streamed, visit) = (Blocks[block], _visit);
        Of(visit).Buffer.Free = Device.Record();
        if (streamed.IsTrained && _group.WritesBack && Board.Decide(visit, () => IsDue(block))) Write(visit);
        streamed.Depart();
        _visit++;
        if (visit + _visits.Length < LastUpload) Upload(visit + _visits.Length);
        if (visit + _visits.Length < _end) Fold(visit + _visits.Length);
        if (_visits.Length > 1 && visit + _visits.Length - 1 < _end) Gather(visit + _visits.Length - 1);
    }

    /// <summary>The visit has failed; so does the pass of all.</summary>
    public void Abandon(int block)
    {
        Of(_visit).Buffer.Free = Device.Record();
        Blocks[block].Depart();
    }

    /// <summary>Writes back what others have, of a visit that this slot did not leave since the pass was given up.</summary>
    public void Complete(int visit)
    {
        if (Of(visit).Number == visit && !Board.Has(visit, SlotNote.Written, _slot)) Write(visit);
    }

    /// <summary>Visits whose slices of others it has queued to be brought.</summary>
    public int Gathered => _gathered;

    /// <summary>
    /// Takes part in what others gather for visits that this slot did not come to since the pass was given up: they would wait for ever. What comes
    /// is worth nothing; it comes after all that uses the buffers.
    /// </summary>
    public void Follow(int visits)
    {
        if (_gathered == visits) return;
        foreach (var used in RecordAll().Append(Device.Record()).ToList()) _gather!.Wait(used);
        for (; _gathered < visits; _gathered++) _gather!.Bring(Blocks[_gathered % Blocks.Count], Of(_gathered).Buffer.Memory, []);
    }

    /// <summary>Before the first pass of all: nothing that stops a device is done while others wait for it.</summary>
    public void Prepare(IEnumerable<StoredBlock> stored)
    {
        foreach (var block in stored)
        {
            _path.Upload.Prepare(block);
            _path.WriteBack.Prepare(block);
        }
    }

    /// <summary>Folds its slices that are behind those of others; only where they stay on the slots.</summary>
    public void Level(IReadOnlyList<int> steps)
    {
        _joined = Device.Record();
        for (var block = 0; block < Blocks.Count; block++)
        {
            if (Blocks[block].IsTrained && Blocks[block].Step < steps[block]) FoldShard(block, steps[block]);
        }
    }

    /// <summary>Events that happen when all that was queued is done.</summary>
    public IEnumerable<DeviceEvent> RecordAll()
    {
        DeviceStream[] all = [_path.Upload, _path.WriteBack, .. _fold is null ? [] : new[] { _fold }, .. _gather?.Streams ?? []];
        return all.Select(stream => stream.Record());
    }

    /// <summary>Begins again with visit 0. The kernels come after all that was queued.</summary>
    public void Clear()
    {
        _joined = Device.Record();
        (_visit, _end, _uploaded, _gathered) = (0, 0, 0, 0);
        foreach (var visit in _visits) visit.Number = SlotVisit.Never;
        _path.Clear(_joined);
        foreach (var block in Blocks) block.Written = null;
    }

    public void Dispose()
    {
        _gather?.Dispose();
        _fold?.Dispose();
    }

    /// <summary>Buffers for blocks.</summary>
    public int Buffers => _visits.Length;

    /// <summary>The host can prepare only what the pass is for: the next one's commit is yet to come.</summary>
    private int LastUpload => _group.FoldsOnHost ? _end : int.MaxValue;

    private SlotBoard Board => _group.Board;

    private SlotVisit Of(int visit) => _visits[visit % _visits.Length];

    private bool IsDue(int block) => _step > Blocks[block].Step && _group.Policy.IsDue(block, _step, Blocks[block].Step);

    private void Upload(int visit)
    {
        var (own, block, last) = (Of(visit), Blocks[visit % Blocks.Count], visit - Blocks.Count);
        (own.Number, own.Folded, own.IsGathered, own.StoredStep, own.Buffer.Block) = (visit, null, false, block.Step, null);
        _uploaded = visit + 1;
        if (_group.Slicing == SlotSlicing.Sharded) return;
        if (own.Buffer.Free is { } free) _path.Upload.Wait(free);
        var before = visit - _visits.Length;
        if (_group.Slicing == SlotSlicing.Sliced && before >= 0) WaitForPeers(_path.Upload, before, SlotNote.Gathered);
        if (last >= 0 && Board.IsWritten(last))
        {
            foreach (var slot in _group.Writers) _path.Upload.Wait(Board.Take(last, SlotNote.Written, slot).Event);
        }

        var stored = block.Stored;
        if (_group.Host is { } host)
        {
            (stored, var ready) = host.Prepare(visit, _updates!, _step);
            own.StoredStep = _step;
            _path.Upload.Wait(ready);
        }

        var slice = _group.Slicing == SlotSlicing.Whole ? new BlockSlice(0, _group.BytesOf(block)) : _group.SliceOf(block, _slot);
        if (slice.Bytes > 0) _path.Upload.Upload(stored, slice.Offset, own.Buffer.Memory, slice.Offset, slice.Bytes);
        own.Uploaded = _path.Upload.Record();
        Board.Post(visit, SlotNote.Uploaded, _slot, new SlotPost(own.Uploaded));
    }

    private void Fold(int visit)
    {
        if (_group.Slicing == SlotSlicing.Whole) return;
        var (own, index) = (Of(visit), visit % Blocks.Count);
        var block = Blocks[index];
        var slice = _group.SliceOf(block, _slot);
        if (block.Stored is ShardedBlock shard)
        {
            if (visit >= Blocks.Count) WaitForPeers(_fold!, visit - Blocks.Count, SlotNote.Gathered);
            FoldShard(index, _step);
            own.Folded = _fold!.Record();
            Board.Post(visit, SlotNote.Folded, _slot, new SlotPost(own.Folded, shard.MemoryOf(_slot)));
            return;
        }

        if (block.IsTrained && own.StoredStep < _step)
        {
            _fold!.Wait(own.Uploaded!);
            var updates = _updates!.Between(own.StoredStep, _step).ToArray();
            foreach (var range in slice.TrainedRanges(block.Layout, own.Buffer.Memory, 0)) _fold.Fold(range, updates);
            own.Folded = _fold.Record();
        }
        else
        {
            own.Folded = own.Uploaded;
        }

        Board.Post(visit, SlotNote.Folded, _slot, new SlotPost(own.Folded!, own.Buffer.Memory, slice.Offset));
    }

    private void FoldShard(int index, int step)
    {
        var block = Blocks[index];
        _fold!.Wait(_joined!);
        if (!block.IsTrained || block.Step == step) return;
        var slice = _group.SliceOf(block, _slot);
        var updates = _updates!.Between(block.Step, step).ToArray();
        foreach (var range in slice.TrainedRanges(block.Layout, ((ShardedBlock)block.Stored).MemoryOf(_slot), slice.Offset)) _fold.Fold(range, updates);
        block.Step = step;
    }

    private void Gather(int visit)
    {
        var (own, block) = (Of(visit), Blocks[visit % Blocks.Count]);
        if (own.IsGathered) return;
        own.IsGathered = true;
        (own.Buffer.Block, own.Buffer.Step, own.Buffer.Ready) = (block, own.StoredStep, own.Uploaded);
        if (_group.Slicing == SlotSlicing.Whole) return;
        if (block.Stored is ShardedBlock shard)
        {
            var slice = _group.SliceOf(block, _slot);
            _fold!.Wait(own.Buffer.Free!);
            if (slice.Bytes > 0) _fold.Copy(block.Layout.Name, shard.MemoryOf(_slot), 0, own.Buffer.Memory, slice.Offset, slice.Bytes);
            _gather!.Wait(own.Buffer.Free!);
            _gather.Wait(_fold.Record());
        }
        else
        {
            _gather!.Wait(own.Folded!);
        }

        _gather.Bring(block, own.Buffer.Memory, _group.PeersOf(_slot).Select(peer => (peer, Board.Take(visit, SlotNote.Folded, peer))));
        _gathered = visit + 1;
        (own.Buffer.Step, own.Buffer.Ready) = (_step, _gather.Record() ?? own.Folded!);
        Board.Post(visit, SlotNote.Gathered, _slot, new SlotPost(own.Buffer.Ready));
    }

    private void Write(int visit)
    {
        var (own, block) = (Of(visit), Blocks[visit % Blocks.Count]);
        if (_group.Slicing == SlotSlicing.Whole && _slot != 0)
        {
            block.Step = _step;
            return;
        }

        var writeBack = _path.WriteBack;
        if (own.Buffer.Free is { } free) writeBack.Wait(free);
        var slice = new BlockSlice(0, block.Layout.TrainedBytes);
        if (_group.Slicing == SlotSlicing.Whole)
        {
            WaitForPeers(writeBack, visit, SlotNote.Uploaded);
        }
        else
        {
            writeBack.Wait(own.Folded!);
            slice = _group.SliceOf(block, _slot).Before(block.Layout.TrainedBytes);
        }

        if (slice.Bytes > 0) writeBack.Download(own.Buffer.Memory, slice.Offset, block.Stored, slice.Offset, slice.Bytes);
        writeBack.Commit(_group.CommitOf(block), new StoredVersion(_step, _group.ChainAt(_step)));
        own.Buffer.Free = writeBack.Record();
        block.Step = _step;
        Board.Post(visit, SlotNote.Written, _slot, new SlotPost(own.Buffer.Free));
    }

    private void WaitForPeers(DeviceStream stream, int visit, SlotNote note)
    {
        foreach (var peer in _group.PeersOf(_slot)) stream.Wait(Board.Take(visit, note, peer).Event);
    }
}
