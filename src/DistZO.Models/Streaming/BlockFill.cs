using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Fills a stored block from its beginning to its end, in whole pages; what lies between its tensors is zero.</summary>
internal sealed class BlockFill(StoredBlock stored)
{
    private readonly byte[] _buffer = new byte[1 << 22];
    private long _flushed;
    private int _used;

    /// <summary>Takes bytes that do not come before those it has.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        Skip(offset);
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _buffer.Length - _used);
            bytes[..count].CopyTo(_buffer.AsSpan(_used));
            bytes = bytes[count..];
            Advance(count);
        }
    }

    /// <summary>Fills the rest, and makes it the base: the weights after no commit.</summary>
    public void Finish()
    {
        Skip(stored.Bytes);
        if (_used > 0) stored.Write(_flushed, _buffer.AsSpan(0, _used));
        stored.Commit(default);
    }

    private void Skip(long offset)
    {
        while (_flushed + _used < offset)
        {
            var count = (int)Math.Min(offset - _flushed - _used, _buffer.Length - _used);
            _buffer.AsSpan(_used, count).Clear();
            Advance(count);
        }
    }

    private void Advance(int count)
    {
        _used += count;
        if (_used < _buffer.Length) return;
        stored.Write(_flushed, _buffer);
        (_flushed, _used) = (_flushed + _used, 0);
    }
}
