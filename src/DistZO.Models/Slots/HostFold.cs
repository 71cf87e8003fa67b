using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The host folds: its cores fold pending commits into the host's copy of a block, and pack it as it is transferred, while earlier blocks
/// are computed. What devices upload lacks nothing, so nothing is written back over their links. One for all slots of a node: whoever
/// comes to a visit first has its block prepared. Blocks that are not in host memory come there for it, and are written back from there
/// when that is due.
/// </summary>
/// <remarks>
/// As many stages as a slot has buffers take turns, as these do: that of visit v is packed again for visit v + R once all slots have
/// uploaded v.
/// </remarks>
internal sealed class HostFold : IDisposable
{
    private readonly SlotGroup _group;
    private readonly DeviceStream _stream;
    private readonly IReadOnlyList<StreamedBlock> _blocks;
    private readonly Stage[] _stages;

    // Null where blocks are in host memory already. Those that are read ahead are for the visits that come next.
    private readonly HostStaging? _staging;
    private readonly Queue<HostStaging.Place> _ahead = new();

    // Those of one group take turns on the board's gate, too, but nobody waits while holding this one.
    private readonly Lock _gate = new();

    /// <param name="group">Of the slots; has a board.</param>
    /// <param name="device">The first slot's: makes the streams of the host's work.</param>
    /// <param name="blocks">The first slot's.</param>
    /// <param name="stages">How many.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    /// <param name="storeTrace">Takes those of reading and writing the store; may be null.</param>
    public HostFold(SlotGroup group, Device device, IReadOnlyList<StreamedBlock> blocks, int stages, ITraceSink? trace, ITraceSink? storeTrace)
    {
        (_group, _blocks) = (group, blocks);
        var bytes = blocks.Max(block => block.Packed.Bytes);
        _stages = [.. Enumerable.Range(0, stages).Select(i => new Stage(new HostBlock($"stage {i}", bytes, 0)))];
        _stream = device.CreateHostStream(new StreamOptions("host fold", null, trace));
        if (!blocks.All(block => block.Stored is HostBlock)) _staging = new HostStaging(device, blocks, storeTrace);
    }

    /// <summary>Host memory that slots upload from.</summary>
    public IEnumerable<StoredBlock> Stages => _stages.Select(stage => stage.Memory);

    /// <summary>The block of a visit as it is at the step of the pass, and when it is there.</summary>
    /// <param name="visit">Each slot asks for each visit once, in their order.</param>
    /// <param name="updates">Of the pass.</param>
    /// <param name="step">Of the pass.</param>
    /// <exception cref="SlotsStoppedException">A slot has given its pass up.</exception>
    public (StagedBlock Block, DeviceEvent Ready) Prepare(int visit, UpdateHistory updates, int step)
    {
        var stage = _stages[visit % _stages.Length];
        lock (_gate)
        {
            if (stage.Visit == visit) return (stage.Block!, stage.Ready!);
        }

        // Earlier visits, so nobody waits for ever; without the gate, since who is waited for may need it.
        var before = visit - _stages.Length;
        var uploads = before < 0 ? [] : Enumerable.Range(0, _group.Network.Slots).Select(slot => _group.Board.Take(before, SlotNote.Uploaded, slot).Event).ToList();
        lock (_gate)
        {
            if (stage.Visit == visit) return (stage.Block!, stage.Ready!);
            foreach (var upload in uploads) _stream.Wait(upload);
            stage.Block = new StagedBlock(_blocks[visit % _blocks.Count].Packed, stage.Memory);
            stage.Ready = Fold(visit % _blocks.Count, updates, step, stage.Block, isKept: false);
            // Only now: whoever comes next takes what is there.
            stage.Visit = visit;
            ReadAhead(visit + 1);
            return (stage.Block, stage.Ready);
        }
    }

    /// <summary>
    /// Folds what is stored, while no pass of all slots is under way: blocks in host memory up to a step, others if they lack too much, or
    /// <paramref name="all"/> of them.
    /// </summary>
    /// <returns>Whether anything of it was folded.</returns>
    public bool Advance(UpdateHistory updates, int step, bool all)
    {
        lock (_gate)
        {
            var most = all || _staging is null ? 0 : WriteBackPolicy.Most;
            var behind = Enumerable.Range(0, _blocks.Count).Where(i => _blocks[i].IsTrained && step - _blocks[i].Step > most).ToList();
            if (behind.Count == 0) return false;
            // What the first slot moves alone.
            foreach (var stream in Streams)
            {
                foreach (var queued in _group.RecordFirst()) stream.Wait(queued);
            }

            foreach (var index in behind)
            {
                Fold(index, updates, step, stage: null, isKept: true);
                _blocks[index].Depart();
            }

            return true;
        }
    }

    /// <summary>Events that happen when all that was queued is done.</summary>
    public IEnumerable<DeviceEvent> RecordAll() => Streams.Select(stream => stream.Record());

    /// <summary>Begins again with visit 0. Nothing is under way.</summary>
    public void Clear()
    {
        foreach (var stage in _stages) stage.Visit = SlotVisit.Never;
        _ahead.Clear();
        // What the first slot did alone comes before.
        foreach (var stream in Streams) stream.Wait(_group.Devices[0].Record());
    }

    public void Dispose()
    {
        _staging?.Dispose();
        _stream.Dispose();
        foreach (var stage in _stages) stage.Memory.Dispose();
    }

    private IEnumerable<DeviceStream> Streams => [_stream, .. _staging?.Streams ?? []];

    /// <summary>Folds a block up to a step.</summary>
    /// <param name="index">Which.</param>
    /// <param name="updates">What it may lack.</param>
    /// <param name="step">The step.</param>
    /// <param name="stage">Where it is packed; null for nowhere.</param>
    /// <param name="isKept">Whether a slow store gets it in any case.</param>
    /// <returns>Happens when it is folded and packed.</returns>
    private DeviceEvent Fold(int index, UpdateHistory updates, int step, StagedBlock? stage, bool isKept) =>
        _staging is null ? FoldStored(_blocks[index], updates, step, stage) : FoldCopy(_staging, index, updates, step, stage, isKept);

    private DeviceEvent FoldStored(StreamedBlock block, UpdateHistory updates, int step, StagedBlock? stage)
    {
        var isBehind = Fold(block, block.Stored, block.Step, updates, step, stage);
        if (isBehind) _stream.Commit(block.Stored, new StoredVersion(step, _group.ChainAt(step)));
        if (block.IsTrained) block.Step = step;
        return block.Written = _stream.Record();
    }

    private DeviceEvent FoldCopy(HostStaging staging, int index, UpdateHistory updates, int step, StagedBlock? stage, bool isKept)
    {
        var block = _blocks[index];
        var place = _ahead.Count > 0 ? _ahead.Dequeue() : staging.Fetch(block);
        _stream.Wait(place.Ready!);
        var isBehind = Fold(block, place.Memory, place.Step, updates, step, stage);
        var folded = place.Free = _stream.Record();
        if (isBehind && (isKept || IsDue(index, step))) staging.Write(place, folded, block, new StoredVersion(step, _group.ChainAt(step)));
        return folded;
    }

    /// <returns>Whether it lacked anything.</returns>
    private bool Fold(StreamedBlock block, StoredBlock held, int from, UpdateHistory updates, int step, StagedBlock? stage)
    {
        var pending = block.IsTrained ? updates.Between(from, step).ToArray() : [];
        if (stage is not null) _stream.Pack(held, pending, stage);
        else _stream.Fold(held, block.Layout, pending);
        return pending.Length > 0;
    }

    private bool IsDue(int index, int step)
    {
        var isDue = false;
        // The policy is the first slot's, which may begin its pass just now.
        _group.Board.Alone(() => isDue = _group.Policy.IsDue(index, step, _blocks[index].Step));
        return isDue;
    }

    private void ReadAhead(int visit)
    {
        while (_ahead.Count < (_staging?.Count ?? 0)) _ahead.Enqueue(_staging!.Fetch(_blocks[(visit + _ahead.Count) % _blocks.Count]));
    }

    private sealed class Stage(HostBlock memory)
    {
        public HostBlock Memory => memory;

        public int Visit { get; set; } = SlotVisit.Never;

        public StagedBlock? Block { get; set; }

        public DeviceEvent? Ready { get; set; }
    }
}
