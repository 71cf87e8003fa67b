namespace DistZO.Devices;

/// <summary>
/// e^x, ln x, sin x and cos x in binary64 with the same bits on every machine: only IEEE add, subtract, multiply, divide and fused multiply-add in
/// one fixed order, and bit operations. Taylor series on a reduced range, with the rounding of the reduction carried along; within
/// 1 unit in the last place of the true value (2 where e^x is subnormal).
/// </summary>
public static class ExactMath
{
    private const double Log2E = 1.4426950408889634;

    /// <summary>ln 2 cut off after 42 bits, so that n·Ln2High is exact for every exponent n of a double.</summary>
    private const double Ln2High = 0.6931471805598903;

    /// <summary>ln 2 − Ln2High.</summary>
    private const double Ln2Low = 5.497923018708371e-14;

    /// <summary>1.5·2⁵²: adding and subtracting it rounds to the nearest integer.</summary>
    private const double RoundingShift = 6755399441055744.0;

    /// <summary>Above it e^x is infinite.</summary>
    private const double ExpCeiling = 709.782712893384;

    /// <summary>Below it e^x rounds to 0.</summary>
    private const double ExpFloor = -745.1332191019411;

    /// <summary>The bits of √½, rounded up.</summary>
    private const long SqrtHalfBits = 0x3FE6A09E667F3BCD;

    // 1/k! for k = 3 … 14, highest first: the remainder on |r| ≤ ln2/2 is under 2⁻⁶⁰.
    private static readonly double[] ExpSeries =
    [
        1.0 / 87178291200, 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
        1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6,
    ];

    // 2/(2k+1) for k = 1 … 12, highest first: the remainder on |s| ≤ 0.1716 is under 2⁻⁶⁴.
    private static readonly double[] LogSeries =
    [
        2.0 / 25, 2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3,
    ];

    private const double TwoOverPi = 0.6366197723675814;

    /// <summary>π/2 cut off after 33 bits, so that n·HalfPiHigh is exact for n below 2²⁰.</summary>
    private const double HalfPiHigh = 1.5707963267341256;

    /// <summary>π/2 − HalfPiHigh, cut off after 33 bits.</summary>
    private const double HalfPiMiddle = 6.077100506303966e-11;

    /// <summary>π/2 − HalfPiHigh − HalfPiMiddle.</summary>
    private const double HalfPiLow = 2.0222662487959506e-21;

    // (−1)^k/(2k+1)! for k = 7 … 1, highest first: the remainder on |r| ≤ π/4 is under 2⁻⁵⁴.
    private static readonly double[] SinSeries =
        [-1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6];

    // (−1)^k/(2k)! for k = 8 … 1, highest first.
    private static readonly double[] CosSeries =
    [
        1.0 / 20922789888000, -1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -1.0 / 2,
    ];

    /// <summary>e^x. NaN stays NaN, +∞ and overflow give +∞, −∞ and underflow give 0; subnormal results are rounded.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x > ExpCeiling) return double.PositiveInfinity;
        if (x < ExpFloor) return 0;

        // x = n·ln2 + r + low, where r + low carries more bits than one double.
        double n = Math.FusedMultiplyAdd(x, Log2E, RoundingShift) - RoundingShift;
        double high = Math.FusedMultiplyAdd(n, -Ln2High, x);
        double r = Math.FusedMultiplyAdd(n, -Ln2Low, high);
        double low = Math.FusedMultiplyAdd(n, -Ln2Low, high - r);

        double p = 0;
        foreach (double coefficient in ExpSeries) p = Math.FusedMultiplyAdd(p, r, coefficient);
        p = Math.FusedMultiplyAdd(p, r, 0.5);
        double result = 1 + (r + Math.FusedMultiplyAdd(r * r, p, low));

        // 2ⁿ in two factors, both normal: the first product is exact, the second rounds once (to a subnormal, if it must).
        int exponent = (int)n;
        int half = exponent / 2;
        return result * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>ln x. NaN and x &lt; 0 give NaN, 0 gives −∞, +∞ stays; ln 1 is exactly 0; subnormal x is taken at its full value.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;

        int exponent = 0;
        if (x < 2.2250738585072014E-308)
        {
            x *= 18014398509481984.0; // 2⁵⁴: subnormals become normal.
            exponent = -54;
        }

        // x = 2^exponent · m with √½ ≤ m < √2.
        long bits = BitConverter.DoubleToInt64Bits(x);
        long shift = (bits - SqrtHalfBits) >> 52;
        exponent += (int)shift;
        double f = BitConverter.Int64BitsToDouble(bits - (shift << 52)) - 1;

        // ln(1 + f) = 2·atanh(s), s = f / (2 + f); correction is what the division and the sum rounded away.
        double divisor = 2 + f;
        double divisorLow = f - (divisor - 2);
        double s = f / divisor;
        double correction = Math.FusedMultiplyAdd(-s, divisorLow, Math.FusedMultiplyAdd(-s, divisor, f)) / divisor;
        double square = s * s;
        double p = 0;
        foreach (double coefficient in LogSeries) p = Math.FusedMultiplyAdd(p, square, coefficient);

        double tail = Math.FusedMultiplyAdd(exponent, Ln2Low, Math.FusedMultiplyAdd(s * square, p, 2 * correction));
        double whole = exponent * Ln2High;
        double sum = whole + (2 * s);
        double sumLow = exponent == 0 ? 0 : (2 * s) - (sum - whole);
        return sum + (sumLow + tail);
    }

    /// <summary>sin x and cos x for |x| ≤ 10⁶, within 2⁻⁵² of the true values.</summary>
    public static (double Sin, double Cos) SinCos(double x)
    {
        // x = n·π/2 + r.
        double n = Math.FusedMultiplyAdd(x, TwoOverPi, RoundingShift) - RoundingShift;
        double r = Math.FusedMultiplyAdd(n, -HalfPiHigh, x);
        r = Math.FusedMultiplyAdd(n, -HalfPiMiddle, r);
        r = Math.FusedMultiplyAdd(n, -HalfPiLow, r);
        double square = r * r;
        double p = 0;
        foreach (double coefficient in SinSeries) p = Math.FusedMultiplyAdd(p, square, coefficient);
        double sin = Math.FusedMultiplyAdd(r * square, p, r);
        p = 0;
        foreach (double coefficient in CosSeries) p = Math.FusedMultiplyAdd(p, square, coefficient);
        double cos = Math.FusedMultiplyAdd(square, p, 1);
        return ((long)n & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    private static double PowerOfTwo(int exponent) => BitConverter.Int64BitsToDouble((long)(exponent + 1023) << 52);
}
