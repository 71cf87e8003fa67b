namespace DistZO.Cli.Planning;

/// <summary>
/// When things are over that wait for each other. A lane does one thing after the other, in the order in which it is told; lanes wait for
/// each other by <see cref="Work.After"/>. What uses the same at a moment shares it evenly: of a disk, reads and writes take turns of a
/// small size.
/// </summary>
internal sealed class Timeline
{
    /// <summary>What ends at one moment may be some roundings apart.</summary>
    private const double SameMoment = 1e-12;

    private readonly List<Lane> _lanes = [];
    private readonly List<Work> _over = [];

    /// <summary>Seconds since the begin.</summary>
    public double Now { get; private set; }

    /// <summary>A lane without work.</summary>
    public Lane Add()
    {
        _lanes.Add(new Lane());
        return _lanes[^1];
    }

    /// <summary>Time passes until something is over.</summary>
    public void Pass()
    {
        Begin();
        var next = double.PositiveInfinity;
        foreach (var lane in _lanes)
        {
            if (lane.Current is { } work) next = Math.Min(next, work.End);
        }

        if (double.IsPositiveInfinity(next)) throw new InvalidOperationException("each lane waits for another");
        Now = next;
        _over.Clear();
        foreach (var lane in _lanes)
        {
            if (lane.Current is not { } work || work.End > Now * (1 + SameMoment)) continue;
            (lane.Current, work.IsOver) = (null, true);
            _over.Add(work);
        }

        foreach (var work in _over) work.Then?.Invoke();
    }

    private void Begin()
    {
        foreach (var lane in _lanes)
        {
            lane.TryBegin();
            if (lane.Current?.Shared is { } shared) shared.Users = 0;
        }

        foreach (var lane in _lanes)
        {
            if (lane.Current is { Shared: { } shared } work) shared.Users += work.Copies;
        }

        foreach (var lane in _lanes) lane.Current?.GoOn(Now);
    }
}

/// <summary>Does one thing after the other.</summary>
internal sealed class Lane
{
    private readonly Queue<Work> _next = [];

    /// <summary>What it does; null while it waits.</summary>
    public Work? Current { get; set; }

    /// <summary>Adds what is to be done.</summary>
    public void Queue(Work work) => _next.Enqueue(work);

    /// <summary>Begins with what is next, if nothing is in the way.</summary>
    public void TryBegin()
    {
        if (Current is null && _next.TryPeek(out var work) && IsReady(work)) Current = _next.Dequeue();
    }

    private static bool IsReady(Work work)
    {
        foreach (var one in work.After)
        {
            if (!one.IsOver) return false;
        }

        return true;
    }
}
