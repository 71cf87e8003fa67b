using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>One rank's part of a plan.</summary>
/// <param name="Share">What it evaluates.</param>
/// <param name="Place">Where it stands in the split.</param>
/// <param name="Seconds">What that should take it.</param>
internal readonly record struct PlannedShare(Share Share, GridPlace Place, double Seconds);

/// <summary>A step's work grid, shared out. The shares cover every cell once.</summary>
/// <param name="P">Parts of the probes.</param>
/// <param name="D">The most parts of the samples that any part of the probes has.</param>
/// <param name="Shares">By rank; null for one that is left idle, as a backup.</param>
/// <param name="Seconds">What the slowest rank should take.</param>
internal sealed record WorkPlan(int P, int D, IReadOnlyList<PlannedShare?> Shares, double Seconds);
