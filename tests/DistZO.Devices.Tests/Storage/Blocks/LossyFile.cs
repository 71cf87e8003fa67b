namespace DistZO.Devices.Tests;

/// <summary>
/// A block's file in memory that remembers which writes are not flushed: those may be lost, or be there in part, in any combination.
/// </summary>
internal sealed class LossyFile(long bytes) : IBlockFile
{
    private readonly List<(long Offset, byte[] Data)> _unflushed = [];

    public byte[] Content { get; private set; } = new byte[bytes];

    /// <summary>What was on the disk at the last flush.</summary>
    public byte[] Flushed { get; private set; } = new byte[bytes];

    /// <summary>Writes since then, in their order.</summary>
    public IReadOnlyList<(long Offset, byte[] Data)> Unflushed => _unflushed;

    /// <summary>Flushes change nothing, so that the writes of a commit can be looked at.</summary>
    public bool KeepsUnflushed { get; set; }

    public void Read(long offset, Span<byte> destination) => Content.AsSpan((int)offset, destination.Length).CopyTo(destination);

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        source.CopyTo(Content.AsSpan((int)offset));
        lock (_unflushed) _unflushed.Add((offset, source.ToArray()));
    }

    public void Flush()
    {
        if (KeepsUnflushed) return;
        Flushed = [.. Content];
        _unflushed.Clear();
    }

    public void Forget(bool written)
    {
    }

    public void Dispose()
    {
    }

    /// <summary>The disk with only some of the writes, each cut off behind so many of its bytes.</summary>
    public LossyFile After(Func<int, int> bytesOfWrite)
    {
        var file = new LossyFile(Content.Length) { Content = [.. Flushed] };
        for (var i = 0; i < _unflushed.Count; i++)
        {
            var (offset, data) = _unflushed[i];
            data.AsSpan(0, Math.Min(bytesOfWrite(i), data.Length)).CopyTo(file.Content.AsSpan((int)offset));
        }

        return file;
    }
}
