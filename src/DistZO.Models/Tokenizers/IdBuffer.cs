namespace DistZO.Models.Tokenizers;

/// <summary>A growing list of token ids that hands out spans.</summary>
internal sealed class IdBuffer
{
    private int[] _ids = new int[256];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Span => _ids.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(int id) => Append(1)[0] = id;

    public void Add(ReadOnlySpan<int> ids) => ids.CopyTo(Append(ids.Length));

    /// <summary>Makes room for that many more ids and returns it, to be filled.</summary>
    public Span<int> Append(int count)
    {
        if (Count + count > _ids.Length) Array.Resize(ref _ids, Math.Max(2 * _ids.Length, Count + count));
        var room = _ids.AsSpan(Count, count);
        Count += count;
        return room;
    }

    /// <summary>Forgets all but the first ids.</summary>
    public void Truncate(int count) => Count = count;
}
