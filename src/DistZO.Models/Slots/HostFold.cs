using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The host folds: its cores fold pending commits into the host's copy of a block, and pack it as it is transferred, while earlier blocks
/// are computed. What devices upload lacks nothing, so nothing is written back over their links. One for all slots of a node: whoever
/// comes to a visit first has its block prepared.
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

    // Those of one group take turns on the board's gate, too, but nobody waits while holding this one.
    private readonly Lock _gate = new();

    /// <param name="group">Of the slots; has a board.</param>
    /// <param name="device">The first slot's: makes the stream of the host's work.</param>
    /// <param name="blocks">The first slot's.</param>
    /// <param name="stages">How many.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    public HostFold(SlotGroup group, Device device, IReadOnlyList<StreamedBlock> blocks, int stages, ITraceSink? trace)
    {
        (_group, _blocks) = (group, blocks);
        var bytes = blocks.Max(block => block.Packed.Bytes);
        _stages = [.. Enumerable.Range(0, stages).Select(i => new Stage(new HostBlock($"stage {i}", bytes, 0)))];
        _stream = device.CreateStream(new StreamOptions("host fold", null, trace));
    }

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
            var block = _blocks[visit % _blocks.Count];
            var pending = block.IsTrained ? updates.Between(block.Step, step).ToArray() : [];
            (stage.Visit, stage.Block) = (visit, new StagedBlock(block.Packed, stage.Memory));
            _stream.Pack(block.Stored, pending, stage.Block);
            if (pending.Length > 0) _stream.Commit(block.Stored, new StoredVersion(step, _group.ChainAt(step)));
            if (block.IsTrained) block.Step = step;
            stage.Ready = _stream.Record();
            return (stage.Block, stage.Ready);
        }
    }

    /// <summary>Happens when all that was queued is done.</summary>
    public DeviceEvent Record() => _stream.Record();

    /// <summary>Begins again with visit 0. Nothing is under way.</summary>
    public void Clear()
    {
        foreach (var stage in _stages) stage.Visit = SlotVisit.Never;
        // What the first slot did alone comes before.
        _stream.Wait(_group.Devices[0].Record());
    }

    public void Dispose()
    {
        _stream.Dispose();
        foreach (var stage in _stages) stage.Memory.Dispose();
    }

    private sealed class Stage(HostBlock memory)
    {
        public HostBlock Memory => memory;

        public int Visit { get; set; } = SlotVisit.Never;

        public StagedBlock? Block { get; set; }

        public DeviceEvent? Ready { get; set; }
    }
}
