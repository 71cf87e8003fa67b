namespace DistZO.Coordinator;

/// <summary>
/// How fast a rank is: a share of p probes × s samples takes <c>ZSeconds · (folded + directions) + CellSeconds · p · s</c>. z is made once
/// for each direction of the share and once for each direction of the commits that are folded in passing, however few its cells are.
/// </summary>
/// <param name="ZSeconds">To make z once for all weights.</param>
/// <param name="CellSeconds">For one probe of one sample.</param>
public readonly record struct RankSpeed(double ZSeconds, double CellSeconds)
{
    /// <summary>What a share takes.</summary>
    /// <param name="folded">Directions of the commits that are folded in passing.</param>
    /// <param name="probes">Probes of the share.</param>
    /// <param name="directions">Directions that they belong to.</param>
    /// <param name="samples">Samples of the share.</param>
    public double Seconds(int folded, int probes, int directions, int samples) =>
        (ZSeconds * (folded + directions)) + (CellSeconds * probes * samples);
}
