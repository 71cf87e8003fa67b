using System.Runtime.CompilerServices;

namespace DistZO.Devices;

/// <summary>
/// Two uniform words to two Gaussian numbers (Box and Muller, 1958) in float32, in one fixed order of IEEE operations, so that every
/// device gets the same bits. The polynomials are DistZO's own minimax fits; docs/formats/philox-v1.md gives their errors.
/// </summary>
public static class BoxMuller
{
    /// <summary>The bits of the largest float32 below √2: mantissas are reduced to (√½, √2].</summary>
    public const int LogTop = 0x3FB504F3;

    /// <summary><see cref="LogTop"/> plus 24 in the exponent: takes k = u·2²⁴ back to u for nothing.</summary>
    public const int LogTopScaled = LogTop + (24 << 23);

    /// <summary>2·ln 2.</summary>
    public const float TwoLn2 = 1.3862943649291992f;

    // −2·ln(1 − f) ≈ f·(2 + f·(Log0 + f·(Log1 + … + f·Log7))) for f in [1 − √2, 1 − √½).
    public const float Log0 = 0.9999983310699463f;
    public const float Log1 = 0.6666839718818665f;
    public const float Log2 = 0.5001145601272583f;
    public const float Log3 = 0.39912936091423035f;
    public const float Log4 = 0.3300638198852539f;
    public const float Log5 = 0.29825615882873535f;
    public const float Log6 = 0.2935900390148163f;
    public const float Log7 = 0.18292222917079926f;

    /// <summary>Adding 1.5·2²² rounds to a multiple of ½ (nearest, ties to even): its low bit then tells odd half turns.</summary>
    public const float HalfTurns = 6291456f;

    /// <summary>2⁻³²: a signed word to turns.</summary>
    public const float TurnsPerUnit = 1f / 4294967296f;

    // sin 2πs ≈ s·(Sin0 + v·(Sin1 + …)), v = s², s in [−¼, ¼] turns.
    public const float Sin0 = 6.283185005187988f;
    public const float Sin1 = -41.341617584228516f;
    public const float Sin2 = 81.59864807128906f;
    public const float Sin3 = -76.49604797363281f;
    public const float Sin4 = 39.13410949707031f;

    // cos 2πs ≈ 1 + v·(Cos0 + v·(Cos1 + …)).
    public const float Cos0 = -19.739181518554688f;
    public const float Cos1 = 64.9351577758789f;
    public const float Cos2 = -85.25199890136719f;
    public const float Cos3 = 56.32207107543945f;

    /// <summary>The pair (r·cos 2πt, r·sin 2πt), r = √(−2·ln u), of two words. Never NaN or infinite; |z| &lt; 5.8.</summary>
    public static (float Even, float Odd) Pair(uint w0, uint w1)
    {
        var (sin, cos) = SinCos(w1);
        var r = MathF.Sqrt(MinusTwoLog(w0));
        return (r * cos, r * sin);
    }

    /// <summary>−2·ln u of u = ((w0 &gt;&gt; 8) + 1)·2⁻²⁴: never negative, +0 for u = 1.</summary>
    public static float MinusTwoLog(uint w0)
    {
        // u = m·2^−e with m in (√½, √2]: −2 ln u = e·2 ln 2 − 2 ln m. The bits of floats of one sign are in the order of the floats,
        // so e and the distance of m from its top come out of one subtraction.
        var k = Unsafe.BitCast<float, int>((float)((int)(w0 >> 8) + 1));
        var i = LogTopScaled - k;
        var e = (float)(i >> 23);
        var f = 1f - Unsafe.BitCast<int, float>(LogTop - (i & 0x7FFFFF));
        var p = Log7;
        p = MathF.FusedMultiplyAdd(p, f, Log6);
        p = MathF.FusedMultiplyAdd(p, f, Log5);
        p = MathF.FusedMultiplyAdd(p, f, Log4);
        p = MathF.FusedMultiplyAdd(p, f, Log3);
        p = MathF.FusedMultiplyAdd(p, f, Log2);
        p = MathF.FusedMultiplyAdd(p, f, Log1);
        p = MathF.FusedMultiplyAdd(p, f, Log0);
        p = MathF.FusedMultiplyAdd(p, f, 2f);
        return MathF.FusedMultiplyAdd(e, TwoLn2, p * f);
    }

    /// <summary>sin and cos of 2πt, t = (float)(int)w1·2⁻³² turns, in [−½, ½].</summary>
    public static (float Sin, float Cos) SinCos(uint w1)
    {
        // s = t − q/2 with q = 2t rounded to nearest even: exact. An odd q turns both signs.
        var a = (float)(int)w1;
        var rounded = MathF.FusedMultiplyAdd(a, TurnsPerUnit, HalfTurns);
        var s = MathF.FusedMultiplyAdd(a, TurnsPerUnit, HalfTurns - rounded);
        var sign = Unsafe.BitCast<float, uint>(rounded) << 31;
        var v = s * s;
        var p = Sin4;
        p = MathF.FusedMultiplyAdd(p, v, Sin3);
        p = MathF.FusedMultiplyAdd(p, v, Sin2);
        p = MathF.FusedMultiplyAdd(p, v, Sin1);
        p = MathF.FusedMultiplyAdd(p, v, Sin0);
        var sin = s * p;
        var c = Cos3;
        c = MathF.FusedMultiplyAdd(c, v, Cos2);
        c = MathF.FusedMultiplyAdd(c, v, Cos1);
        c = MathF.FusedMultiplyAdd(c, v, Cos0);
        c = MathF.FusedMultiplyAdd(c, v, 1f);
        return (Turn(sin, sign), Turn(c, sign));
    }

    private static float Turn(float x, uint sign) => Unsafe.BitCast<uint, float>(Unsafe.BitCast<float, uint>(x) ^ sign);
}
