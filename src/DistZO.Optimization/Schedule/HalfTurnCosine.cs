namespace DistZO.Optimization;

/// <summary>
/// cos(πx) on [0, 1] from additions and fused multiply-adds alone, so that every machine gets the same bits. The Taylor series of sin
/// and cos about 0 on a quarter of the range (its first left-out term is under 10⁻¹⁷), and symmetry for the rest.
/// </summary>
internal static class HalfTurnCosine
{
    // (−1)ⁿ π²ⁿ / (2n)! and (−1)ⁿ π²ⁿ⁺¹ / (2n+1)!, rounded to binary64.
    private static ReadOnlySpan<double> Cosine =>
    [
        1.0, -4.934802200544679, 4.0587121264167685, -1.3352627688545895, 0.2353306303588932, -0.02580689139001406,
        0.0019295743094039231, -0.0001046381049248457, 4.303069587032947e-06, -1.3878952462213771e-07,
    ];

    private static ReadOnlySpan<double> Sine =>
    [
        3.141592653589793, -5.16771278004997, 2.5501640398773455, -0.5992645293207921, 0.08214588661112823, -0.0073704309457143504,
        0.00046630280576761255, -2.1915353447830217e-05, 7.952054001475513e-07, -2.2948428997269873e-08,
    ];

    /// <summary>cos(πx); x beyond the ends of [0, 1] counts as the end.</summary>
    public static double At(double x) => x switch
    {
        <= 0 => 1,
        >= 1 => -1,
        < 0.25 => Polynomial(Cosine, x * x),
        > 0.75 => -Polynomial(Cosine, (1 - x) * (1 - x)),
        // 0.5 − x and 1 − x are exact here.
        _ => (0.5 - x) * Polynomial(Sine, (0.5 - x) * (0.5 - x)),
    };

    private static double Polynomial(ReadOnlySpan<double> coefficients, double y)
    {
        var sum = coefficients[^1];
        for (var i = coefficients.Length - 2; i >= 0; i--) sum = Math.FusedMultiplyAdd(sum, y, coefficients[i]);
        return sum;
    }
}
