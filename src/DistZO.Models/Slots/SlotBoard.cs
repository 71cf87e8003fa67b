using DistZO.Devices;

namespace DistZO.Models;

/// <summary>What a slot tells the others about a visit.</summary>
internal enum SlotNote
{
    /// <summary>The block, or the slot's slice of it, has been read from where it is stored.</summary>
    Uploaded,

    /// <summary>The slot's slice is folded up to the step of the pass and may be copied.</summary>
    Folded,

    /// <summary>The slot has copied the slices of all others.</summary>
    Gathered,

    /// <summary>What the slot writes back of the block is stored.</summary>
    Written,
}

/// <summary>When what is told happens, and where the slice is.</summary>
/// <param name="Event">Of the slot that tells.</param>
/// <param name="Memory">Holds the slice.</param>
/// <param name="Start">The byte in it at which the slice begins.</param>
internal readonly record struct SlotPost(DeviceEvent Event, DeviceMemory? Memory = null, long Start = 0);

/// <summary>
/// What the slots of a node know of each other's visits. Visits are numbered from 0 on, and all slots make the same ones in the same
/// order. An event is posted when it has been queued; whoever needs one that is not posted yet waits here. What is waited for always
/// comes earlier in the order of visits than what waits, so that somebody can always go on.
/// </summary>
/// <param name="slots">How many.</param>
/// <param name="kept">Visits that anybody may still ask for, back from the newest.</param>
internal sealed class SlotBoard(int slots, int kept)
{
    private readonly object _gate = new();
    private readonly Dictionary<int, Visit> _visits = [];
    private Exception? _failure;

    /// <summary>Whether a slot has given its pass up, or failed.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate) return _failure is not null;
        }
    }

    /// <summary>Visits whose blocks are written back.</summary>
    public IReadOnlyList<int> WrittenVisits
    {
        get
        {
            lock (_gate) return [.. _visits.Where(visit => visit.Value.IsWritten == true).Select(visit => visit.Key).Order()];
        }
    }

    /// <summary>Tells the others.</summary>
    public void Post(int visit, SlotNote note, int slot, SlotPost post)
    {
        lock (_gate)
        {
            Of(visit).Posts[(note, slot)] = post;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>What a slot has told; waits until it has.</summary>
    /// <exception cref="SlotsStoppedException">A slot has given its pass up.</exception>
    public SlotPost Take(int visit, SlotNote note, int slot)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_failure is not null) throw new SlotsStoppedException(_failure);
                if (Of(visit).Posts.TryGetValue((note, slot), out var post)) return post;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Whether a slot has told.</summary>
    public bool Has(int visit, SlotNote note, int slot)
    {
        lock (_gate) return Of(visit).Posts.ContainsKey((note, slot));
    }

    /// <summary>Whether the block of a visit is written back: who asks first decides for all.</summary>
    public bool Decide(int visit, Func<bool> decide)
    {
        lock (_gate) return Of(visit).IsWritten ??= decide();
    }

    /// <summary>Whether it was decided that the block of a visit is written back.</summary>
    public bool IsWritten(int visit)
    {
        lock (_gate) return _visits.TryGetValue(visit, out var noted) && noted.IsWritten == true;
    }

    /// <summary>Does something that no slot decides meanwhile.</summary>
    public void Alone(Action action)
    {
        lock (_gate) action();
    }

    /// <summary>Nobody waits any more. The first reason stays.</summary>
    public void Fail(Exception reason)
    {
        lock (_gate)
        {
            _failure ??= reason;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Begins again with visit 0.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _visits.Clear();
            _failure = null;
        }
    }

    private Visit Of(int number)
    {
        if (_visits.TryGetValue(number, out var visit)) return visit;
        _visits.Remove(number - kept);
        return _visits[number] = new Visit(slots);
    }

    private sealed class Visit(int slots)
    {
        public bool? IsWritten { get; set; }

        public Dictionary<(SlotNote Note, int Slot), SlotPost> Posts { get; } = new(slots * 2);
    }
}

/// <summary>A slot stops since another one has.</summary>
internal sealed class SlotsStoppedException(Exception reason) : Exception(reason.Message, reason);
