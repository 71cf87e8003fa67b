namespace DistZO.Devices;

/// <summary>
/// Loss terms as exact integers: int64 with 32 fractional bits, rounded once to nearest, ties to even. Sums are then independent of
/// order and grouping.
/// </summary>
public static class FixedPoint
{
    /// <summary>Terms must be smaller than this: 2²⁰ of them then stay under 2⁶².</summary>
    public const double Limit = 1024;

    /// <summary>1.0 as a fixed-point number.</summary>
    public const long One = 1L << 32;

    /// <summary>Rounds one term. False, and 0, where the term is flagged: it is not finite or |x| ≥ 2¹⁰.</summary>
    public static bool TryRound(double x, out long value)
    {
        // The comparison is false for NaN. The product is exact: a power of two, far from overflow (|x| below 2⁻¹⁰⁰⁰ rounds to 0).
        var fits = Math.Abs(x) < Limit;
        value = fits ? (long)Math.Round(x * One, MidpointRounding.ToEven) : 0;
        return fits;
    }

    /// <summary>A fixed-point number as a float64, for people and metrics.</summary>
    public static double ToDouble(long value) => value / (double)One;
}
