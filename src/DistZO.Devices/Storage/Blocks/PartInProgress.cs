namespace DistZO.Devices;

/// <summary>Which pages of a part were written since it was begun, and the sum of them. Each is written once; different ones may come from several threads.</summary>
/// <param name="bytes">Bytes of the part.</param>
internal sealed class PartInProgress(long bytes)
{
    private readonly long _pages = bytes / PageSum.PageBytes;
    private readonly ulong[] _written = new ulong[(bytes / PageSum.PageBytes + 63) / 64];
    private readonly Lock _gate = new();
    private long _count;

    /// <summary>Whether all pages were written.</summary>
    public bool IsWhole => _count == _pages;

    /// <summary>The sum of those that were.</summary>
    public ulong Sum { get; private set; }

    /// <summary>Makes sure that pages were not written yet.</summary>
    /// <exception cref="InvalidOperationException">One of them was.</exception>
    public void CheckUnwritten(long firstPage, long count)
    {
        lock (_gate)
        {
            for (var page = firstPage; page < firstPage + count; page++)
            {
                if ((_written[page / 64] >> (int)(page % 64) & 1) != 0)
                    throw new InvalidOperationException($"page {page} of this version was written before");
            }
        }
    }

    /// <summary>Notes that pages, whose <see cref="PageSum"/> is <paramref name="sum"/>, were written.</summary>
    public void Add(long firstPage, long count, ulong sum)
    {
        lock (_gate)
        {
            for (var page = firstPage; page < firstPage + count; page++) _written[page / 64] |= 1UL << (int)(page % 64);
            _count += count;
            Sum += sum;
        }
    }

    /// <summary>Begins again.</summary>
    public void Clear()
    {
        Array.Clear(_written);
        (_count, Sum) = (0, 0);
    }
}
