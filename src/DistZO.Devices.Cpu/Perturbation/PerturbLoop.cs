using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Cpu.Perturbation;

/// <summary>The loop of <see cref="PerturbKernel"/> over blocks of 32 elements, for one width.</summary>
[SkipLocalsInit]
internal static unsafe class PerturbLoop<L> where L : unmanaged, ILanes<L>
{
    private const int Block = GaussianLanes<L>.Count;

    public static void Run(WeightType type, in PerturbJob job)
    {
        switch (type)
        {
            case WeightType.Float32: Run<StoredFloat32>(job); break;
            case WeightType.BFloat16: Run<StoredBFloat16>(job); break;
            default: Run<StoredFloat16>(job); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<W>(in PerturbJob job) where W : struct, IStoredWeights
    {
        var table = stackalloc L[PhiloxLanes<L>.TableLength];
        for (var index = job.Start & -Block; index < job.End;)
        {
            GaussianLanes<L>.Prepare(table, job.Seed, job.Ordinal, PhiloxStream.Gaussian, index);
            var stop = long.Min(job.End, GaussianLanes<L>.SegmentEnd(index));
            if (index < job.Start || index + Block > stop)
            {
                Edge(table, W.Type, job, index);
                index += Block;
            }

            for (; index <= stop - Block; index += Block)
            {
                GaussianLanes<L>.Next(table, index, out var z0, out var z1);
                var at = index - job.Start;
                var x0 = W.Load<L>(job.Theta, index);
                var x1 = W.Load<L>(job.Theta, index + ILanes<L>.Count);
                var scale = L.Create(job.Scale0);
                L.Store(job.Y0 + at, L.Fma(scale, z0, x0));
                L.Store(job.Y0 + at + ILanes<L>.Count, L.Fma(scale, z1, x1));
                if (job.Y1 == null) continue;
                scale = L.Create(job.Scale1);
                L.Store(job.Y1 + at, L.Fma(scale, z0, x0));
                L.Store(job.Y1 + at + ILanes<L>.Count, L.Fma(scale, z1, x1));
            }

            if (index < stop)
            {
                Edge(table, W.Type, job, index);
                index += Block;
            }
        }
    }

    /// <summary>A block of which only a part is wanted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Edge(L* table, WeightType type, in PerturbJob job, long index)
    {
        var x = stackalloc float[Block];
        var y = stackalloc float[Block];
        BlockEdge.ReadWeights(job.Theta, type, index, x, job.Start, job.End);
        GaussianLanes<L>.Next(table, index, out var z0, out var z1);
        L.Store(y, L.Fma(L.Create(job.Scale0), z0, L.Load(x)));
        L.Store(y + ILanes<L>.Count, L.Fma(L.Create(job.Scale0), z1, L.Load(x + ILanes<L>.Count)));
        BlockEdge.CopyOut(y, index, job.Y0, job.Start, job.End);
        if (job.Y1 == null) return;
        L.Store(y, L.Fma(L.Create(job.Scale1), z0, L.Load(x)));
        L.Store(y + ILanes<L>.Count, L.Fma(L.Create(job.Scale1), z1, L.Load(x + ILanes<L>.Count)));
        BlockEdge.CopyOut(y, index, job.Y1, job.Start, job.End);
    }
}
