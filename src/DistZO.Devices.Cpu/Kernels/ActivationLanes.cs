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
            _ => x,
        };

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
