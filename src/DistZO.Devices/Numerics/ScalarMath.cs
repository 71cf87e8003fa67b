namespace DistZO.Devices;

/// <summary>
/// Elementary functions of cpu-v1 in float32: the specification that the vector forms equal bit for bit. Only IEEE operations in one
/// fixed order.
/// </summary>
public static class ScalarMath
{
    /// <summary>Below this e^x is taken as 0; above it 2^n is a normal number.</summary>
    public const float ExpFloor = -87f;

    /// <summary>1 / ln 2.</summary>
    public const float Log2E = 1.44269504f;

    /// <summary>1.5·2²³: adding it rounds to an integer, which then stands in the low bits.</summary>
    public const float RoundingShift = 12582912f;

    /// <summary>ln 2 with its low 9 bits cut off, so that n·Ln2High is exact.</summary>
    public const float Ln2High = 0.693145752f;

    /// <summary>ln 2 − Ln2High.</summary>
    public const float Ln2Low = 1.42860677e-6f;

    // e^r on |r| ≤ ln2/2: 1 + r + r²·(Exp2 + …), fitted for the least largest relative error (about 4e-9 before rounding).
    public const float Exp2 = 0.5f;
    public const float Exp3 = 0.16666535f;
    public const float Exp4 = 0.041667238f;
    public const float Exp5 = 0.00836751f;
    public const float Exp6 = 0.0013863754f;

    /// <summary>e^x for x ≤ 88; 0 below <see cref="ExpFloor"/>; NaN stays NaN.</summary>
    public static float Exp(float x)
    {
        if (x < ExpFloor) return 0f;
        var safe = x > ExpFloor ? x : ExpFloor;
        var shifted = MathF.FusedMultiplyAdd(safe, Log2E, RoundingShift);
        var n = shifted - RoundingShift;
        var r = MathF.FusedMultiplyAdd(n, -Ln2High, x);
        r = MathF.FusedMultiplyAdd(n, -Ln2Low, r);
        var p = MathF.FusedMultiplyAdd(Exp6, r, Exp5);
        p = MathF.FusedMultiplyAdd(p, r, Exp4);
        p = MathF.FusedMultiplyAdd(p, r, Exp3);
        p = MathF.FusedMultiplyAdd(p, r, Exp2);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        var power = BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted) << 23) + 0x3F800000);
        return p * power;
    }

    /// <summary>√(8/π): twice the √(2/π) in GELU's tanh, since (1 + tanh u)/2 = sigmoid(2u).</summary>
    public const float GeluLinear = 1.5957692f;

    /// <summary>√(8/π)·0.044715.</summary>
    public const float GeluCubic = 0.071354814f;

    /// <summary>How fast 1/(1 + GeluScale·|x|) falls in <see cref="Gelu"/>.</summary>
    public const float GeluScale = 0.35f;

    // Φ(−a) = e^(−a²/2)·t·(Gelu0 + Gelu1·t + …) with t = 1/(1 + GeluScale·a), fitted for the least largest relative error on 0 ≤ a ≤ 13
    // (about 3e-8 before rounding).
    public const float Gelu0 = 0.1396217f;
    public const float Gelu1 = 0.1398567f;
    public const float Gelu2 = 0.11986911f;
    public const float Gelu3 = 0.105369076f;
    public const float Gelu4 = -0.022790436f;
    public const float Gelu5 = 0.15872152f;
    public const float Gelu6 = -0.2553268f;
    public const float Gelu7 = 0.14378797f;
    public const float Gelu8 = -0.029108873f;

    /// <summary>x·sigmoid(x).</summary>
    public static float Silu(float x) => TimesSigmoid(x, x);

    /// <summary>GELU by its tanh form (arXiv 1606.08415): x·sigmoid(x·(GeluLinear + GeluCubic·x²)).</summary>
    public static float GeluTanh(float x) => TimesSigmoid(x, x * MathF.FusedMultiplyAdd(x * x, GeluCubic, GeluLinear));

    /// <summary>GELU as it is defined: x·Φ(x).</summary>
    public static float Gelu(float x)
    {
        var a = MathF.Abs(x);
        var t = 1f / MathF.FusedMultiplyAdd(a, GeluScale, 1f);
        var p = MathF.FusedMultiplyAdd(Gelu8, t, Gelu7);
        p = MathF.FusedMultiplyAdd(p, t, Gelu6);
        p = MathF.FusedMultiplyAdd(p, t, Gelu5);
        p = MathF.FusedMultiplyAdd(p, t, Gelu4);
        p = MathF.FusedMultiplyAdd(p, t, Gelu3);
        p = MathF.FusedMultiplyAdd(p, t, Gelu2);
        p = MathF.FusedMultiplyAdd(p, t, Gelu1);
        p = MathF.FusedMultiplyAdd(p, t, Gelu0);
        var tail = Exp(a * a * -0.5f) * (p * t);
        return x * (x < 0 ? tail : 1f - tail);
    }

    /// <summary>x·sigmoid(u), from e^−|u|, which cannot overflow.</summary>
    private static float TimesSigmoid(float x, float u)
    {
        var t = Exp(-MathF.Abs(u));
        return x * (u < 0 ? t : 1f) / (1f + t);
    }
}
