namespace DistZO.Coordinator;

/// <summary>What is to be done on the one thread that takes from it, in order. Who waits is woken directly, not by way of the thread pool.</summary>
internal sealed class ActionQueue
{
    private readonly object _gate = new();
    private List<Action> _waiting = [];
    private bool _isComplete;
    private volatile bool _hasMore;

    /// <summary>Puts an action in; false once the queue is complete. Safe from any thread.</summary>
    public bool Add(Action action)
    {
        lock (_gate)
        {
            if (_isComplete) return false;
            _waiting.Add(action);
            if (_hasMore) return true;
            _hasMore = true;
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>No more is put in; what is there is still taken.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            (_isComplete, _hasMore) = (true, true);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for actions and takes all that are there. False if there will be none any more.</summary>
    /// <param name="taken">Receives them; what it held is forgotten.</param>
    public bool Take(ref List<Action> taken)
    {
        taken.Clear();
        // Steps follow each other quickly: a short spin saves waking up.
        var spin = new SpinWait();
        while (!_hasMore && !spin.NextSpinWillYield) spin.SpinOnce(sleep1Threshold: -1);
        lock (_gate)
        {
            while (!_hasMore) Monitor.Wait(_gate);
            (taken, _waiting) = (_waiting, taken);
            _hasMore = _isComplete;
            return taken.Count > 0;
        }
    }
}
