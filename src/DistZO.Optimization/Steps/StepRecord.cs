using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>Whether a step changed the weights.</summary>
public enum StepStatus : ushort
{
    Applied = 0,

    /// <summary>A loss or a coefficient was not finite: no update, no decay; step, schedule and batch go on.</summary>
    Skipped = 1,
}

/// <summary>One direction of a step.</summary>
/// <param name="Seed">Names the direction.</param>
/// <param name="Plus">S⁺: the summed loss terms at θ + ε·z, in units of 2⁻³².</param>
/// <param name="Minus">S⁻: the same at θ − ε·z.</param>
/// <param name="Coefficient">a_d: what appliers multiply z with.</param>
public readonly record struct StepDirection(ulong Seed, long Plus, long Minus, float Coefficient);

/// <summary>
/// A committed step: everything that it did to the weights, and the losses it came from. Records hold no time, name or rank, so equal
/// runs have equal records.
/// </summary>
/// <param name="Step">t, counted from 0.</param>
/// <param name="Status">A skipped step has no directions, 0 terms and decay 1.</param>
/// <param name="Method">Which estimator and rule made it, and how it is applied.</param>
/// <param name="Directions">In the order in which they are applied.</param>
/// <param name="Terms">N: the loss terms that each probe summed.</param>
/// <param name="Decay">k: the factor of tensors whose role decays.</param>
public sealed record StepRecord(
    long Step, StepStatus Status, Method Method, IReadOnlyList<StepDirection> Directions, int Terms, float Decay)
{
    private const double Unit = 1.0 / (1L << 32);

    /// <summary>
    /// The mean loss of all probes, Σ_d (S⁺ + S⁻) / (2·q·N·2³²): for people, where <c>loss</c> is the batch's loss up to O(ε²). NaN
    /// for a skipped step.
    /// </summary>
    public double MeanLoss
    {
        get
        {
            if (Status == StepStatus.Skipped) return double.NaN;
            Int128 sum = 0;
            foreach (var direction in Directions) sum += (Int128)direction.Plus + direction.Minus;
            return (double)sum * Unit / (2.0 * Directions.Count * Terms);
        }
    }

    /// <summary>A skipped step: the same record whatever went wrong.</summary>
    public static StepRecord Skip(long step, Method method) => new(step, StepStatus.Skipped, method, [], 0, 1f);

    /// <summary>What the step does to the weights. Appliers use the stored bits, never a recomputation.</summary>
    public WeightUpdate ToUpdate() => new(Decay, [.. Directions.Select(d => new UpdateDirection(d.Seed, d.Coefficient))]);

    public bool Equals(StepRecord? other) =>
        other is not null && Step == other.Step && Status == other.Status && Method == other.Method && Terms == other.Terms
        && BitConverter.SingleToUInt32Bits(Decay) == BitConverter.SingleToUInt32Bits(other.Decay)
        && Directions.Count == other.Directions.Count && Directions.Zip(other.Directions).All(pair => SameBits(pair.First, pair.Second));

    public override int GetHashCode() => HashCode.Combine(Step, Status, Method, Terms, Directions.Count);

    private static bool SameBits(StepDirection a, StepDirection b) =>
        a.Seed == b.Seed && a.Plus == b.Plus && a.Minus == b.Minus
        && BitConverter.SingleToUInt32Bits(a.Coefficient) == BitConverter.SingleToUInt32Bits(b.Coefficient);
}
