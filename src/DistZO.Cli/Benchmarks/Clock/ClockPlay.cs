namespace DistZO.Cli.Benchmarks;

/// <summary>A disk that several streams use.</summary>
/// <param name="ReadBytesPerSecond">If nothing else uses it.</param>
/// <param name="WriteBytesPerSecond">The same.</param>
internal sealed record ClockDisk(double ReadBytesPerSecond, double WriteBytesPerSecond)
{
    /// <summary>Who uses it.</summary>
    public ClockShare Share { get; } = new();
}

/// <summary>What tasks use at the same time: a disk, or the cores of a device.</summary>
internal sealed class ClockShare
{
    public int Users { get; set; }
}

/// <summary>
/// Plays what devices and streams were told, event by event. A track does one thing after the other, each after what it waits for, and all
/// that use the same at a moment go on at an even part of their speed. The order in which tracks are told does not matter.
/// </summary>
/// <param name="disk">Where blocks lie; null for host memory.</param>
internal sealed class ClockPlay(ClockDisk? disk)
{
    private const double Rounding = 1e-12;
    private readonly Lock _gate = new();
    private readonly List<Queue<ClockTask>> _tracks = [];
    private double _now;

    public ClockDisk? Disk => disk;

    /// <summary>Adds a track.</summary>
    /// <returns>Its number.</returns>
    public int AddTrack()
    {
        lock (_gate)
        {
            _tracks.Add([]);
            return _tracks.Count - 1;
        }
    }

    /// <summary>A track is told to do something, after all that it was told before.</summary>
    public void Tell(int track, ClockTask task)
    {
        lock (_gate) _tracks[track].Enqueue(task);
    }

    /// <summary>Plays until something has ended, which was told with all that it waits for; returns when.</summary>
    public double EndOf(ClockTask task)
    {
        lock (_gate)
        {
            while (task.End is null) Go();
            return task.End.Value;
        }
    }

    /// <summary>To the next moment at which something ends.</summary>
    private void Go()
    {
        var active = new List<Queue<ClockTask>>();
        foreach (var track in _tracks)
        {
            if (track.TryPeek(out var task) && task.After.TrueForAll(one => one.End is not null)) active.Add(track);
        }

        if (active.Count == 0) throw new InvalidOperationException("all tracks wait");
        foreach (var track in active)
        {
            if (track.Peek().Share is { } share) share.Users = active.Count(other => other.Peek().Share == share);
        }

        static double Needed(ClockTask task) => task.Left * (task.Share is { } share ? Math.Max(task.Seconds, share.Users * task.SharedSeconds) : task.Seconds);
        var passed = active.Min(track => Needed(track.Peek()));
        _now += passed;
        foreach (var track in active)
        {
            var (task, needed) = (track.Peek(), Needed(track.Peek()));
            if (needed - passed <= Rounding * _now)
            {
                task.End = _now;
                task.After.Clear();
                track.Dequeue();
            }
            else
            {
                task.Left *= (needed - passed) / needed;
            }
        }
    }
}

/// <summary>Something that a track does.</summary>
/// <param name="after">What it waits for.</param>
internal sealed class ClockTask(List<ClockTask> after)
{
    /// <summary>That it takes at least.</summary>
    public double Seconds { get; init; }

    /// <summary>What it uses, maybe beside others.</summary>
    public ClockShare? Share { get; init; }

    /// <summary>That it takes with what it uses for itself.</summary>
    public double SharedSeconds { get; init; }

    public List<ClockTask> After => after;

    /// <summary>Of it, 1 … 0.</summary>
    public double Left { get; set; } = 1;

    /// <summary>When it has ended; null before.</summary>
    public double? End { get; set; }
}
