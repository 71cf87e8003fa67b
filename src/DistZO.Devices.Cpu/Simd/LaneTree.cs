using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DistZO.Devices.Cpu.Simd;

/// <summary>The lower levels of the one tree by which lanes are reduced: lane i with lane i+4, i+2, i+1.</summary>
internal static class LaneTree
{
    /// <summary>The sum of 8 lanes that already hold lane i + lane i+8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> x) => Sum(x.GetLower() + x.GetUpper());

    /// <summary>The sum of 4 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> x) => (x.GetElement(0) + x.GetElement(2)) + (x.GetElement(1) + x.GetElement(3));

    /// <summary>The maximum of 8 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector256<float> x) => Max(Vector128.Max(x.GetLower(), x.GetUpper()));

    /// <summary>The maximum of 4 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector128<float> x)
    {
        var y = Vector128.Max(x, Vector128.Shuffle(x, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(y, Vector128.Shuffle(y, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
