namespace DistZO.Models.Tokenizers;

/// <summary>
/// Merges neighbours until no merge applies: always the one of the lowest rank, of these the leftmost (Sennrich et al., 2016). The
/// symbols are a linked list and the candidates a heap, so a word of n symbols takes O(n log n), however long. Not for two threads.
/// </summary>
internal sealed class PairMerger(MergeTable merges)
{
    private int[] _previous = [];
    private int[] _next = [];
    private ulong[] _heap = [];
    private int _candidates;

    /// <summary>Merges the ids in place; returns how many are left, at the front of the span.</summary>
    public int Merge(Span<int> ids)
    {
        if (ids.Length < 2) return ids.Length;
        Prepare(ids.Length);
        for (int i = 0; i + 1 < ids.Length; i++) Offer(ids, i, i + 1);

        while (_candidates > 0)
        {
            ulong best = Pop();
            int rank = (int)(best >> 32), left = (int)(uint)best, right = _next[left];

            // A candidate goes stale when one of its two symbols has merged with another.
            if (right >= ids.Length || right < 0) continue;
            if (!merges.TryGet(ids[left], ids[right], out int currentRank, out int merged) || currentRank != rank) continue;

            ids[left] = merged;
            int after = _next[right];
            _next[left] = after;
            _next[right] = Removed;
            if (after < ids.Length)
            {
                _previous[after] = left;
                Offer(ids, left, after);
            }

            if (_previous[left] >= 0) Offer(ids, _previous[left], left);
        }

        int count = 0;
        for (int i = 0; i < ids.Length; i = _next[i]) ids[count++] = ids[i];
        return count;
    }

    private const int Removed = -1;

    private void Prepare(int length)
    {
        if (_next.Length < length)
        {
            int size = Math.Max(64, length + (length / 2));
            _previous = new int[size];
            _next = new int[size];
            // Each symbol is offered once at the start, and each of fewer merges offers two more.
            _heap = new ulong[3 * size];
        }

        for (int i = 0; i < length; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1;
        }

        _candidates = 0;
    }

    private void Offer(ReadOnlySpan<int> ids, int left, int right)
    {
        if (!merges.TryGet(ids[left], ids[right], out int rank, out _)) return;
        ulong entry = ((ulong)(uint)rank << 32) | (uint)left;
        int at = _candidates++;
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (_heap[parent] <= entry) break;
            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = entry;
    }

    private ulong Pop()
    {
        ulong top = _heap[0], last = _heap[--_candidates];
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= _candidates) break;
            if (child + 1 < _candidates && _heap[child + 1] < _heap[child]) child++;
            if (last <= _heap[child]) break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = last;
        return top;
    }
}
