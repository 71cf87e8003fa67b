using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>What follows a linear layer, on 16 lanes: the bits of <see cref="ScalarMath"/>.</summary>
internal static class ActivationLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(Activation activation, TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => activation switch
        {
            // Written so that NaN stays NaN.
            Activation.Relu => TLanes.Select(TLanes.LessThan(x, TLanes.Zero), TLanes.Zero, x),
            Activation.Silu => TimesSigmoid(x, x),
            Activation.GeluTanh => TimesSigmoid(x, x * TLanes.Fma(x * x, TLanes.Create(ScalarMath.GeluCubic), TLanes.Create(ScalarMath.GeluLinear))),
            Activation.Gelu => Gelu(x),
            _ => x,
        };

    private static TLanes Gelu<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var one = TLanes.Create(1f);
        var a = x & TLanes.CreateInt(int.MaxValue);
        var t = one / TLanes.Fma(a, TLanes.Create(ScalarMath.GeluScale), one);
        var p = TLanes.Create(ScalarMath.Gelu8);
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu7));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu6));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu5));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu4));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu3));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu2));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu1));
        p = TLanes.Fma(p, t, TLanes.Create(ScalarMath.Gelu0));
        var tail = Exponential.Exp(a * a * TLanes.Create(-0.5f)) * (p * t);
        return x * TLanes.Select(TLanes.LessThan(x, TLanes.Zero), tail, one - tail);
    }

    /// <summary>x·sigmoid(u), from e^−|u|, which cannot overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes TimesSigmoid<TLanes>(TLanes x, TLanes u)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var one = TLanes.Create(1f);
        var t = Exponential.Exp(u | TLanes.CreateInt(int.MinValue));
        return x * TLanes.Select(TLanes.LessThan(u, TLanes.Zero), t, one) / (one + t);
    }
}
