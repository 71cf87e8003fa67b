namespace DistZO.Optimization;

/// <summary>A rank's place in the split of a step's work grid: P parts of the probes × D parts of the samples.</summary>
/// <param name="PertpRank">Which part of the probes, from 0.</param>
/// <param name="DpRank">Which part of the samples, from 0.</param>
/// <param name="PertpSize">P.</param>
/// <param name="DpSize">D: the most parts that any part of the probes is cut into.</param>
public readonly record struct GridPlace(int PertpRank, int DpRank, int PertpSize, int DpSize);
