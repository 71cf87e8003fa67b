using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>Who evaluates which held-out rows at one step. Sums are exact, so shards may come in any order.</summary>
internal sealed class RowBoard
{
    private readonly List<(RowRange Rows, List<Session> Runners)> _open = [];

    /// <param name="step">The step of the weights.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="shards">Into how many parts they are cut, at most.</param>
    public RowBoard(long step, int rows, int shards)
    {
        Step = step;
        shards = Math.Min(shards, rows);
        for (var i = 0; i < shards; i++)
            _open.Add((new RowRange((int)((long)rows * i / shards), (int)((long)rows * (i + 1) / shards)), []));
    }

    public long Step { get; }

    public bool IsComplete => _open.Count == 0;

    /// <summary>All that is in, added up; null before the first.</summary>
    public EvaluationResult? Total { get; private set; }

    /// <summary>Rows for a session: what nobody has, else what a single other one has had for the longest.</summary>
    public RowRange? Take(Session session)
    {
        var index = _open.FindIndex(open => open.Runners.Count == 0);
        if (index < 0) index = _open.FindIndex(open => open.Runners.Count == 1 && open.Runners[0] != session);
        if (index < 0) return null;
        _open[index].Runners.Add(session);
        return _open[index].Rows;
    }

    /// <summary>Takes a result; false if these rows are in already, or were never given out.</summary>
    public bool Accept(RowRange rows, EvaluationResult result)
    {
        var index = _open.FindIndex(open => open.Rows == rows);
        if (index < 0) return false;
        _open.RemoveAt(index);
        Total = Total is null ? result : Total.Add(result);
        return true;
    }

    /// <summary>A session computes nothing any more.</summary>
    public void Drop(Session session)
    {
        foreach (var (_, runners) in _open) runners.Remove(session);
    }
}
