namespace DistZO.Devices;

/// <summary>
/// One call of <see cref="IoLanes"/>: its parts, of which each is done by whoever takes it. The memory stays where it is until
/// <see cref="Finish"/> returns.
/// </summary>
internal sealed unsafe class IoTransfer(IBlockFile file, long offset, byte* memory, int bytes, bool writes, long? firstPage)
{
    /// <summary>What one system call moves: so much that the call costs nothing beside it, a quarter of a stream's call.</summary>
    public const int PartBytes = 1 << 22;

    private int _next;
    private int _left = (int)(((long)bytes + PartBytes - 1) / PartBytes);
    private ulong _sum;
    private Exception? _failure;

    /// <summary>How many there are.</summary>
    public int Parts { get; } = (int)(((long)bytes + PartBytes - 1) / PartBytes);

    /// <summary>Whether somebody works, or has worked, on each.</summary>
    public bool IsTaken => Volatile.Read(ref _next) >= Parts;

    /// <summary>Does parts as long as there are some.</summary>
    public void Work()
    {
        // The check keeps the counter from running away under threads that come again and again.
        while (!IsTaken && Interlocked.Increment(ref _next) - 1 is var part && part < Parts)
        {
            try
            {
                if (Volatile.Read(ref _failure) is null) Move(part);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, e, null);
            }

            if (Interlocked.Decrement(ref _left) > 0) continue;
            lock (this) Monitor.Pulse(this);
        }
    }

    /// <summary>Waits until all are done, and gives the sum of their pages.</summary>
    public ulong Finish()
    {
        lock (this)
        {
            while (Volatile.Read(ref _left) > 0) Monitor.Wait(this);
        }

        return _failure is { } failure ? throw new RunFailedException(failure.Message, failure) : _sum;
    }

    private void Move(int part)
    {
        var at = (long)part * PartBytes;
        var span = new Span<byte>(memory + at, (int)Math.Min(PartBytes, bytes - at));
        if (writes) file.Write(offset + at, span);
        else file.Read(offset + at, span);
        if (firstPage is { } page) Interlocked.Add(ref _sum, PageSum.Of(span, page + (at / PageSum.PageBytes)));
    }
}
