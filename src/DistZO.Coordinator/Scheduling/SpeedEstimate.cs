namespace DistZO.Coordinator;

/// <summary>
/// What a rank's shares have shown of its speed. The median of the last few: the first shares of a process pay for compilation, and now
/// and then another program takes the machine for a moment.
/// </summary>
/// <param name="zSeconds">What the rank measured at its start.</param>
internal sealed class SpeedEstimate(double zSeconds)
{
    private const int Window = 5;

    /// <summary>A nanosecond: nothing is faster, and a clock that stood still must not make a rank infinitely fast.</summary>
    private const double Shortest = 1e-9;

    private readonly double[] _recent = new double[Window];
    private int _count;

    /// <summary>Whether anything was measured yet.</summary>
    public bool IsKnown => _count > 0;

    /// <summary>The speed, or a guess as long as nothing was measured.</summary>
    /// <param name="guessedCellSeconds">What others take for a cell, for instance.</param>
    public RankSpeed Speed(double guessedCellSeconds) => new(zSeconds, IsKnown ? Median() : guessedCellSeconds);

    /// <summary>Takes the time of a share.</summary>
    /// <param name="seconds">That it took.</param>
    /// <param name="folded">Directions of the commits that were folded in passing.</param>
    /// <param name="directions">Of the share.</param>
    /// <param name="cells">Of the share.</param>
    public void Add(double seconds, int folded, int directions, long cells)
    {
        // z was measured once, by itself. Whatever else it may come to now, most of a share is its cells: a tenth at least.
        var own = Math.Max(seconds - (zSeconds * (folded + directions)), seconds / 10);
        _recent[_count++ % Window] = Math.Max(own / cells, Shortest);
    }

    private double Median()
    {
        Span<double> sorted = stackalloc double[Math.Min(_count, Window)];
        _recent.AsSpan(0, sorted.Length).CopyTo(sorted);
        sorted.Sort();
        return sorted[sorted.Length / 2];
    }
}
