using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>e^x of cpu-v1, as <see cref="ScalarMath.Exp"/> specifies it, on 16 lanes.</summary>
internal static class Exponential
{
    /// <summary>e^x for x ≤ 88; 0 below <see cref="ScalarMath.ExpFloor"/>; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Exp<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var underflow = TLanes.LessThan(x, TLanes.Create(ScalarMath.ExpFloor));
        // Also replaces NaN, whose conversion to an integer depends on the processor; it comes back through r.
        var safe = TLanes.Select(TLanes.GreaterThan(x, TLanes.Create(ScalarMath.ExpFloor)), x, TLanes.Create(ScalarMath.ExpFloor));
        var shifted = TLanes.Fma(safe, TLanes.Create(ScalarMath.Log2E), TLanes.Create(ScalarMath.RoundingShift));
        var n = shifted - TLanes.Create(ScalarMath.RoundingShift);
        var r = TLanes.Fma(n, TLanes.Create(-ScalarMath.Ln2High), x);
        r = TLanes.Fma(n, TLanes.Create(-ScalarMath.Ln2Low), r);
        var p = TLanes.Create(ScalarMath.Exp6);
        p = TLanes.Fma(p, r, TLanes.Create(ScalarMath.Exp5));
        p = TLanes.Fma(p, r, TLanes.Create(ScalarMath.Exp4));
        p = TLanes.Fma(p, r, TLanes.Create(ScalarMath.Exp3));
        p = TLanes.Fma(p, r, TLanes.Create(ScalarMath.Exp2));
        p = TLanes.Fma(p, r, TLanes.Create(1f));
        p = TLanes.Fma(p, r, TLanes.Create(1f));
        // The low bits of the shifted number are n; adding them to the exponent multiplies by 2^n.
        var power = TLanes.AddInt(TLanes.ShiftLeft(shifted, 23), TLanes.CreateInt(0x3F800000));
        return TLanes.Select(underflow, TLanes.Zero, p * power);
    }
}
