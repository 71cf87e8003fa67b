namespace DistZO.Coordinator;

/// <summary>The last events of a run, for the time axis. Old ones are forgotten.</summary>
internal sealed class EventLog(TimeProvider time, Action<RunEvent> onEvent)
{
    private const int Remembered = 2000;
    private readonly Queue<RunEvent> _events = [];
    private long _count;

    public void Add(long step, string kind, string? worker, string message)
    {
        var happened = new RunEvent(_count++, time.GetUtcNow(), step, kind, worker, message);
        _events.Enqueue(happened);
        if (_events.Count > Remembered) _events.Dequeue();
        onEvent(happened);
    }

    /// <summary>The events from a number on.</summary>
    public IReadOnlyList<RunEvent> From(long number) => [.. _events.Where(e => e.Number >= number)];
}
