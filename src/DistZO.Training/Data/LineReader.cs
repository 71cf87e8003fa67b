using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// Splits a stream of UTF-8 bytes into lines at LF, in one reused buffer that grows to the longest line. A CR before the LF and a byte
/// order mark at the start of the file are not part of a line.
/// </summary>
internal sealed class LineReader(Stream stream, string path)
{
    /// <summary>A longer line is surely not a training example, and would be held in memory whole.</summary>
    public const int MaxLineBytes = 64 << 20;

    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private bool _atEnd;

    /// <summary>The number of the line that <see cref="TryRead"/> gave last, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next line; its bytes are valid until the next call. False at the end of the file.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = Take(searched + length);
                _start++;
                return true;
            }
            searched = _end - _start;
            if (_atEnd)
            {
                line = Take(searched);
                return searched > 0;
            }
            if (searched > MaxLineBytes)
            {
                throw new BadInputException($"{path}:{Line + 1}: the line is over {MaxLineBytes >> 20} MiB; JSON Lines has one row a line");
            }
            Fill();
        }
    }

    private ReadOnlyMemory<byte> Take(int length)
    {
        var line = _buffer.AsMemory(_start, length);
        _start += length;
        Line++;
        if (Line == 1 && line.Span.StartsWith("\uFEFF"u8)) line = line[3..];
        return line.Length > 0 && line.Span[^1] == (byte)'\r' ? line[..^1] : line;
    }

    private void Fill()
    {
        int held = _end - _start;
        if (_start > 0) _buffer.AsSpan(_start, held).CopyTo(_buffer);
        _start = 0;
        _end = held;
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        int read = stream.Read(_buffer.AsSpan(_end));
        _end += read;
        _atEnd = read == 0;
    }
}
