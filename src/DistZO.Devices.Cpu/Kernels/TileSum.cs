using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// The reduction of cpu-v1 for 16 tokens at once: element i goes to partial sum i mod 16, then one tree. Lanes are tokens, so the
/// partial sums are 16 rows of lanes.
/// </summary>
internal static unsafe class TileSum
{
    /// <summary>Floats that the partial sums take.</summary>
    public const int Floats = CpuArithmetic.PartialSums * TileActivations.Lanes;

    /// <summary>i with i+8, i+4, i+2, i+1. Overwrites the partial sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Tree<TLanes>(float* partials)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var half = CpuArithmetic.PartialSums / 2; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++)
            {
                var at = partials + (i * TileActivations.Lanes);
                TLanes.Store(at, TLanes.Load(at) + TLanes.Load(at + (half * TileActivations.Lanes)));
            }
        }

        return TLanes.Load(partials);
    }
}
