namespace DistZO.Runs;

/// <summary>Moments in time: half-open intervals in order, apart from each other.</summary>
internal sealed class Intervals
{
    private readonly List<(long Begin, long End)> _parts = [];

    private Intervals()
    {
    }

    /// <summary>Their length together.</summary>
    public long Length { get; private set; }

    /// <summary>The moments that any of some intervals covers.</summary>
    /// <param name="intervals">In the order in which they begin; they may overlap.</param>
    public static Intervals Union(IEnumerable<(long Begin, long End)> intervals)
    {
        var union = new Intervals();
        var parts = union._parts;
        foreach (var (begin, end) in intervals)
        {
            if (end <= begin) continue;
            if (parts.Count == 0 || begin > parts[^1].End)
            {
                parts.Add((begin, end));
                union.Length += end - begin;
            }
            else if (end > parts[^1].End)
            {
                union.Length += end - parts[^1].End;
                parts[^1] = (parts[^1].Begin, end);
            }
        }

        return union;
    }

    /// <summary>How long the moments are that both have.</summary>
    public long LengthWithin(Intervals other)
    {
        long length = 0;
        for (int i = 0, j = 0; i < _parts.Count && j < other._parts.Count;)
        {
            var (a, b) = (_parts[i], other._parts[j]);
            length += Math.Max(0, Math.Min(a.End, b.End) - Math.Max(a.Begin, b.Begin));
            if (a.End < b.End) i++;
            else j++;
        }

        return length;
    }

    /// <summary>What of an interval is in none of them, in order.</summary>
    public IEnumerable<(long Begin, long End)> Gaps(long begin, long end)
    {
        var at = begin;
        foreach (var part in _parts)
        {
            if (part.Begin > at) yield return (at, part.Begin);
            at = part.End;
        }

        if (at < end) yield return (at, end);
    }
}
