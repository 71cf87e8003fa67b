namespace DistZO.Coordinator;

/// <summary>The last events of a run, for the time axis. Old ones are forgotten.</summary>
internal sealed class EventLog(TimeProvider time)
{
    private const int Remembered = 2000;
    private readonly Queue<RunEvent> _events = [];
    private long _count;

    public void Add(long step, string kind, string? worker, string message)
    {
        _events.Enqueue(new RunEvent(_count++, time.GetUtcNow(), step, kind, worker, message));
        if (_events.Count > Remembered) _events.Dequeue();
    }

    /// <summary>The events from a number on.</summary>
    public IReadOnlyList<RunEvent> From(long number) => [.. _events.Where(e => e.Number >= number)];
}
