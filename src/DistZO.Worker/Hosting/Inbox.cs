using DistZO.Runs;

namespace DistZO.Worker;

/// <summary>
/// What comes in for the thread that computes: messages of the coordinator, and new connections. Knows whether something has come in
/// that makes the work in flight worthless.
/// </summary>
internal sealed class Inbox
{
    private readonly object _gate = new();
    private readonly Queue<object> _items = [];
    private volatile int _superseding;
    private bool _isAwake;

    /// <summary>True if a message waits after which the share or rows in flight are worth nothing. Safe from any thread; cheap.</summary>
    public bool IsSuperseded => _superseding > 0;

    /// <summary>Puts something in: a <see cref="CoordinatorMessage"/>, a connection, an error.</summary>
    public void Add(object item)
    {
        lock (_gate)
        {
            _items.Enqueue(item);
            if (Supersedes(item)) _superseding++;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The next item; null if there is none within the time, or none once woken.</summary>
    public object? Take(TimeSpan wait)
    {
        lock (_gate)
        {
            if (_items.Count == 0 && !_isAwake && wait != TimeSpan.Zero) Monitor.Wait(_gate, wait);
            if (!_items.TryDequeue(out var item)) return null;
            if (Supersedes(item)) _superseding--;
            return item;
        }
    }

    /// <summary>From now on nobody waits: whoever does, or is about to, looks around.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _isAwake = true;
            Monitor.PulseAll(_gate);
        }
    }

    private static bool Supersedes(object item) => item is Round or EvaluateRows or Refold or Finish;
}
