using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Perturbation;

/// <summary>Writes z itself to memory. Only initial values and self-tests need that; kernels keep z in registers.</summary>
[SkipLocalsInit]
internal static unsafe class GaussianKernel
{
    /// <summary>z[i] = z(seed, ordinal, start + i); overwrites. The same bits as <see cref="Gaussian.Fill"/>.</summary>
    public static void Fill(ulong seed, uint ordinal, long start, float* z, int count, PhiloxStream stream = PhiloxStream.Gaussian)
    {
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: Fill<Lanes512>(seed, ordinal, start, z, count, stream); break;
            case SimdTier.V256: Fill<Lanes256>(seed, ordinal, start, z, count, stream); break;
            case SimdTier.V128: Fill<Lanes128>(seed, ordinal, start, z, count, stream); break;
            default: Gaussian.Fill(seed, ordinal, start, new Span<float>(z, count), stream); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill<L>(ulong seed, uint ordinal, long start, float* z, int count, PhiloxStream stream)
        where L : unmanaged, ILanes<L>
    {
        var table = stackalloc L[PhiloxLanes<L>.TableLength];
        var edge = stackalloc float[GaussianLanes<L>.Count];
        var end = start + count;
        for (var index = start & -GaussianLanes<L>.Count; index < end;)
        {
            GaussianLanes<L>.Prepare(table, seed, ordinal, stream, index);
            for (var stop = long.Min(end, GaussianLanes<L>.SegmentEnd(index)); index < stop; index += GaussianLanes<L>.Count)
            {
                GaussianLanes<L>.Next(table, index, out var z0, out var z1);
                var whole = index >= start && index + GaussianLanes<L>.Count <= end;
                var to = whole ? z + (index - start) : edge;
                L.Store(to, z0);
                L.Store(to + ILanes<L>.Count, z1);
                if (!whole) BlockEdge.CopyOut(edge, index, z, start, end);
            }
        }
    }
}
