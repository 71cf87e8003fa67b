namespace DistZO.Devices;

/// <summary>A thread that does one thing after the other. After one that fails nothing more is done, and all behind it are told why.</summary>
public sealed class StreamThread : IDisposable
{
    private readonly Queue<Action> _queue = [];
    private readonly Thread _thread;
    private Exception? _failure;
    private bool _closed;

    /// <param name="name">For people.</param>
    public StreamThread(string name)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = $"distzo-{name}" };
        _thread.Start();
    }

    /// <summary>Does something after all that was queued before.</summary>
    /// <param name="action">What to do.</param>
    /// <param name="failed">Told why, if it, or something before it, failed.</param>
    public void Enqueue(Action action, Action<Exception>? failed = null)
    {
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _queue.Enqueue(() => Run(action, failed));
            Monitor.Pulse(_queue);
        }
    }

    /// <summary>Waits for what is queued.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.Pulse(_queue);
        }

        _thread.Join();
    }

    private void Run(Action action, Action<Exception>? failed)
    {
        if (_failure is null)
        {
            try
            {
                action();
                return;
            }
            catch (Exception e)
            {
                // Told to whoever waits for one of the events behind it.
                _failure = e;
            }
        }

        failed?.Invoke(_failure);
    }

    private void Loop()
    {
        while (true)
        {
            Action next;
            lock (_queue)
            {
                while (_queue.Count == 0 && !_closed) Monitor.Wait(_queue);
                if (_queue.Count == 0) return;
                next = _queue.Dequeue();
            }

            next();
        }
    }
}
