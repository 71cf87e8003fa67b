namespace DistZO.Models;

/// <summary>
/// Rotary positions (arXiv 2104.09864): at position p, pair i of a head's features (i, and i + half a head) turns by
/// p·<paramref name="Frequencies"/>[i] radians, a binary32 product.
/// </summary>
public sealed record RotarySpec(IReadOnlyList<float> Frequencies)
{
    /// <summary>Features a head.</summary>
    public int Width => 2 * Frequencies.Count;
}
