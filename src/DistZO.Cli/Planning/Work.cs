namespace DistZO.Cli.Planning;

/// <summary>What several works may use at once, each at an even part of its speed: a disk, the cores of a device.</summary>
internal sealed class SharedResource
{
    /// <summary>Of the works that are under way.</summary>
    public int Users { get; set; }
}

/// <summary>Something that takes time, and is over at some moment. Others may wait for it before it has been queued anywhere.</summary>
internal sealed class Work
{
    private int _users;
    private double _since;
    private double _left = 1;
    private double _speed;

    /// <summary>Seconds that it takes at least.</summary>
    public double Seconds { get; set; }

    /// <summary>What it uses; null for nothing that others use.</summary>
    public SharedResource? Shared { get; set; }

    /// <summary>Seconds that it takes with what it uses for itself.</summary>
    public double SharedSeconds { get; set; }

    /// <summary>So many alike do it at once.</summary>
    public int Copies { get; set; } = 1;

    /// <summary>What must be over before it begins.</summary>
    public List<Work> After { get; } = [];

    /// <summary>Called when it is over.</summary>
    public Action? Then { get; set; }

    /// <summary>Whether it is over.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether it is not over as soon as it has begun.</summary>
    public bool TakesTime => Seconds > 0 || SharedSeconds > 0;

    /// <summary>When it ends, as far as that is known at present.</summary>
    public double End { get; private set; }

    /// <summary>It begins, or goes on, beside those that use the same.</summary>
    public void GoOn(double now)
    {
        var users = Shared?.Users ?? 1;
        if (users == _users) return;
        _users = users;
        _left -= (now - _since) * _speed;
        (_since, _speed) = (now, 1 / Math.Max(Seconds, users * SharedSeconds));
        End = double.IsPositiveInfinity(_speed) ? now : now + (_left / _speed);
    }
}
