namespace DistZO.Coordinator;

/// <summary>A committed step as <c>/v1/steps</c> says it.</summary>
/// <param name="Step">t.</param>
/// <param name="Status">applied or skipped.</param>
/// <param name="Loss">The mean of all probes; null of a skipped step.</param>
/// <param name="Terms">N: loss terms of one probe.</param>
/// <param name="Decay">k.</param>
/// <param name="Directions">Seeds, sums and coefficients.</param>
/// <param name="Chain">The chain hash after it, 16 hexadecimal digits.</param>
public sealed record CommittedStep(
    long Step, string Status, double? Loss, int Terms, float Decay, IReadOnlyList<CommittedDirection> Directions, string Chain);

/// <summary>A direction of a committed step.</summary>
/// <param name="Seed">16 hexadecimal digits: a JSON number would lose some.</param>
/// <param name="Plus">S⁺ in units of 2⁻³², decimal.</param>
/// <param name="Minus">S⁻ likewise.</param>
/// <param name="Coefficient">a: what z was multiplied with.</param>
public sealed record CommittedDirection(string Seed, string Plus, string Minus, float Coefficient);
