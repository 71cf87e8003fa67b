namespace DistZO.Devices;

/// <summary>
/// Threads that read and write files with a caller: a call is cut into parts, and whoever is free takes the next one, so that the disk
/// always has several to work on. The caller works too, and returns when all parts are done. Several callers share the threads.
/// </summary>
internal sealed class IoLanes : IDisposable
{
    private readonly Queue<IoTransfer> _queue = [];
    private readonly List<Thread> _threads = [];
    private bool _closed;

    /// <param name="count">Parts of one call that are under way at once; 1 for the caller alone.</param>
    public IoLanes(int count = 4)
    {
        for (var i = 1; i < count; i++)
        {
            var thread = new Thread(Loop) { IsBackground = true, Name = $"distzo-disk-{i}" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Reads bytes of a file.</summary>
    /// <exception cref="RunFailedException">The disk failed.</exception>
    public unsafe void Read(IBlockFile file, long offset, Span<byte> destination)
    {
        fixed (byte* first = destination) Run(new IoTransfer(file, offset, first, destination.Length, writes: false, firstPage: null));
    }

    /// <summary>Reads whole pages, the first of which is number <paramref name="firstPage"/>, and gives their <see cref="PageSum"/>.</summary>
    /// <exception cref="RunFailedException">The disk failed.</exception>
    public unsafe ulong ReadAndSum(IBlockFile file, long offset, Span<byte> destination, long firstPage)
    {
        fixed (byte* first = destination) return Run(new IoTransfer(file, offset, first, destination.Length, writes: false, firstPage));
    }

    /// <summary>Writes whole pages, the first of which is number <paramref name="firstPage"/>, and gives their <see cref="PageSum"/>.</summary>
    /// <exception cref="RunFailedException">The disk is full or failed.</exception>
    public unsafe ulong WriteAndSum(IBlockFile file, long offset, ReadOnlySpan<byte> source, long firstPage)
    {
        fixed (byte* first = source) return Run(new IoTransfer(file, offset, first, source.Length, writes: true, firstPage));
    }

    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
        }

        foreach (var thread in _threads) thread.Join();
    }

    private ulong Run(IoTransfer transfer)
    {
        if (transfer.Parts > 1 && _threads.Count > 0)
        {
            lock (_queue)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                _queue.Enqueue(transfer);
                Monitor.PulseAll(_queue);
            }
        }

        transfer.Work();
        return transfer.Finish();
    }

    private void Loop()
    {
        while (true)
        {
            IoTransfer next;
            lock (_queue)
            {
                while (_queue.TryPeek(out var first) && first.IsTaken) _queue.Dequeue();
                while (_queue.Count == 0 && !_closed) Monitor.Wait(_queue);
                if (_queue.Count == 0) return;
                next = _queue.Peek();
            }

            next.Work();
        }
    }
}
