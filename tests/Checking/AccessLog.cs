using DistZO.Devices;

namespace DistZO.Tests;

/// <summary>
/// Every access of streams and kernels to memory, and what each of them knows to have happened (vector clocks). Two accesses to the same
/// bytes of which one writes must be ordered by events; if not, it is a race, whatever the timing happens to be.
/// </summary>
internal sealed class AccessLog
{
    private readonly List<long[]> _clocks = [];
    private readonly List<string> _names = [];
    private readonly List<Access> _accesses = [];

    private sealed record Access(object Memory, long Begin, long End, bool Writes, int Actor, long At, string What);

    /// <summary>Held by whoever touches a device of the log: what devices do, they do one after the other.</summary>
    public object Gate { get; } = new();

    /// <summary>Races that were found.</summary>
    public List<string> Races { get; } = [];

    /// <summary>Accesses that were checked.</summary>
    public int Checked { get; private set; }

    /// <summary>A stream, or the kernels of a device.</summary>
    public int AddActor(string name)
    {
        _names.Add(name);
        _clocks.Add([]);
        return _names.Count - 1;
    }

    /// <summary>What an actor knows now.</summary>
    public long[] Snapshot(int actor) => [.. Clock(actor)];

    /// <summary>An actor learns what another knew.</summary>
    public void Merge(int actor, long[] known)
    {
        var clock = Clock(actor);
        for (var i = 0; i < known.Length; i++) clock[i] = Math.Max(clock[i], known[i]);
    }

    /// <summary>An actor touches bytes.</summary>
    public void Note(int actor, object memory, long begin, long bytes, bool writes, string what)
    {
        var clock = Clock(actor);
        var now = ++clock[actor];
        Checked++;
        foreach (var other in _accesses)
        {
            if (other.Memory != memory || other.End <= begin || other.Begin >= begin + bytes || !(writes || other.Writes)) continue;
            if (other.Actor != actor && clock[other.Actor] < other.At)
                Races.Add($"{_names[actor]} {what} does not wait for {_names[other.Actor]} {other.What}");
        }

        // What an access that covers it comes after need not be looked at again.
        if (writes) _accesses.RemoveAll(other => other.Memory == memory && other.Begin >= begin && other.End <= begin + bytes);
        _accesses.Add(new Access(memory, begin, begin + bytes, writes, actor, now, what));
    }

    private long[] Clock(int actor)
    {
        if (_clocks[actor].Length < _names.Count)
        {
            var clock = _clocks[actor];
            Array.Resize(ref clock, _names.Count);
            _clocks[actor] = clock;
        }

        return _clocks[actor];
    }
}
