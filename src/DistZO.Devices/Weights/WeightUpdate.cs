namespace DistZO.Devices;

/// <summary>One direction of a committed step, as appliers use it: <c>x = fma(Coefficient, z(Seed), x)</c>.</summary>
/// <param name="Seed">The seed that names the direction.</param>
/// <param name="Coefficient">a_d: the stored float32, never recomputed.</param>
public readonly record struct UpdateDirection(ulong Seed, float Coefficient);

/// <summary>
/// What one committed step does to every weight: <c>x = f32(θ)</c>; if its role decays, <c>x = x·Decay</c>; then for each direction
/// in order <c>x = fma(a_d, z_d, x)</c>; one store. A skipped step has no directions and Decay = 1.
/// </summary>
/// <param name="Decay">k: the stored float32 factor, 1 when there is no weight decay.</param>
/// <param name="Directions">The directions in the order of the record.</param>
public sealed record WeightUpdate(float Decay, UpdateDirection[] Directions);
