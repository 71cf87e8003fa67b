namespace DistZO.Optimization;

/// <summary>What one probe measured over some samples.</summary>
/// <param name="Sum">The sum of its loss terms in units of 2⁻³², exact.</param>
/// <param name="Flagged">True if any term was not finite or at least 2¹⁰ in size; the sum means nothing then.</param>
public readonly record struct ProbeSum(long Sum, bool Flagged);
