using DistZO.Devices;

namespace DistZO.Models;

/// <summary>The visits of one of several slots: in passes of all of them, or, for the first one, alone, over the same buffers and streams.</summary>
internal sealed class SlotVisits : IBlockVisits
{
    private readonly SlotGroup _group;
    private readonly int _slot;
    private readonly BlockStream _alone;
    private readonly SlotStream _together;

    /// <param name="group">Of all slots; it is added to it.</param>
    /// <param name="slot">Its number.</param>
    /// <param name="path">Its buffers and streams; owned.</param>
    /// <param name="blocks">In the order of a pass.</param>
    /// <param name="policy">When to write back.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    /// <param name="storeTrace">Takes those of the host's reading and writing of stored blocks; may be null.</param>
    public SlotVisits(
        SlotGroup group, int slot, BlockPath path, IReadOnlyList<StreamedBlock> blocks, WriteBackPolicy policy, ITraceSink? trace, ITraceSink? storeTrace)
    {
        (_group, _slot) = (group, slot);
        _alone = new BlockStream(path, blocks, policy) { WritesBack = !group.FoldsOnHost };
        _together = new SlotStream(group, slot, path, blocks, trace);
        group.Add(_together, policy, trace, storeTrace);
    }

    public IReadOnlyList<StreamedBlock> Blocks => _alone.Blocks;

    public int? WriteBackSteps => _alone.WriteBackSteps;

    public Func<int, ulong> ChainAt
    {
        get => _alone.ChainAt;
        set => _alone.ChainAt = _group.ChainAt = value;
    }

    /// <summary>Whether a pass of all slots is under way.</summary>
    public bool IsTogether { get; set; }

    public void Begin(UpdateHistory? updates, int step)
    {
        if (IsTogether)
        {
            _together.Begin(updates, step);
            return;
        }

        var alone = Alone;
        if (updates is not null) Advance(updates, step, all: false);
        alone.Begin(updates, step);
    }

    public bool TryFold(UpdateHistory updates, int step)
    {
        if (_group.Host is null) return false;
        _group.Part();
        Advance(updates, step, all: true);
        return true;
    }

    public void Enter(int block)
    {
        if (IsTogether) _together.Enter(block);
        else Alone.Enter(block);
    }

    public void Leave(int block, WriteBack write)
    {
        if (IsTogether) _together.Leave(block);
        else Alone.Leave(block, write);
    }

    public void Abandon(int block)
    {
        if (IsTogether) _together.Abandon(block);
        else Alone.Abandon(block);
    }

    public void Settle() => Alone.Settle();

    public void Dispose()
    {
        _together.Dispose();
        _alone.Dispose();
    }

    /// <summary>Lets the host fold, if it does: the first slot then brings what it has to.</summary>
    private void Advance(UpdateHistory updates, int step, bool all)
    {
        if (_group.Host?.Advance(updates, step, all) == true) _alone.Forget();
    }

    private BlockStream Alone
    {
        get
        {
            if (_slot != 0) throw new InvalidOperationException($"slot {_slot} is never alone");
            _group.Part();
            return _alone;
        }
    }
}
