namespace DistZO.Runs;

/// <summary>How much of a run a trace holds: its beginning, up to whichever comes first.</summary>
/// <param name="Steps">The most steps.</param>
/// <param name="Spans">The most spans; a million are about 140 MB.</param>
public sealed record TraceLimits(int Steps = 1000, long Spans = 1_000_000);
