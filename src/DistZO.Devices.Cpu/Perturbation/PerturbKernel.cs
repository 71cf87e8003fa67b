using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Cpu.Perturbation;

/// <summary>
/// What a probe sees of a range of a tensor: y = fma(scale, z, f32(θ)), contiguous float32; reads θ, overwrites y. z exists in
/// registers only. θ points at the tensor's element 0, y at the place of element <c>start</c>; they don't overlap.
/// </summary>
internal static unsafe class PerturbKernel
{
    /// <summary>y[i] = f32(θ[start + i]), exact.</summary>
    public static void Plain(void* theta, WeightType type, long start, int count, float* y)
    {
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: Plain<Lanes512>(theta, type, start, count, y); break;
            case SimdTier.V256: Plain<Lanes256>(theta, type, start, count, y); break;
            case SimdTier.V128: Plain<Lanes128>(theta, type, start, count, y); break;
            default:
                for (var i = 0; i < count; i++) y[i] = WeightFormat.Read(theta, type, start + i);
                break;
        }
    }

    /// <summary>One probe: y[i] = fma(scale, z(seed, ordinal, start + i), f32(θ[start + i])).</summary>
    public static void One(void* theta, WeightType type, uint ordinal, long start, int count, ulong seed, float scale, float* y) =>
        Pair(theta, type, ordinal, start, count, seed, scale, y, 0, null);

    /// <summary>Two probes of one direction from one z: y0 with scale0, y1 with scale1 (y1 null: none).</summary>
    public static void Pair(
        void* theta, WeightType type, uint ordinal, long start, int count, ulong seed, float scale0, float* y0, float scale1, float* y1)
    {
        var job = new PerturbJob(theta, ordinal, start, start + count, seed, scale0, y0, scale1, y1);
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: PerturbLoop<Lanes512>.Run(type, job); break;
            case SimdTier.V256: PerturbLoop<Lanes256>.Run(type, job); break;
            case SimdTier.V128: PerturbLoop<Lanes128>.Run(type, job); break;
            default: Scalar(type, job); break;
        }
    }

    private static void Scalar(WeightType type, in PerturbJob job)
    {
        for (var index = job.Start; index < job.End; index++)
        {
            var x = WeightFormat.Read(job.Theta, type, index);
            var z = Gaussian.At(job.Seed, job.Ordinal, index);
            job.Y0[index - job.Start] = MathF.FusedMultiplyAdd(job.Scale0, z, x);
            if (job.Y1 != null) job.Y1[index - job.Start] = MathF.FusedMultiplyAdd(job.Scale1, z, x);
        }
    }

    private static void Plain<L>(void* theta, WeightType type, long start, int count, float* y) where L : unmanaged, ILanes<L>
    {
        switch (type)
        {
            case WeightType.Float32: Plain<L, StoredFloat32>(theta, start, count, y); break;
            case WeightType.BFloat16: Plain<L, StoredBFloat16>(theta, start, count, y); break;
            default: Plain<L, StoredFloat16>(theta, start, count, y); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain<L, W>(void* theta, long start, int count, float* y)
        where L : unmanaged, ILanes<L>
        where W : struct, IStoredWeights
    {
        var i = 0;
        for (; i <= count - ILanes<L>.Count; i += ILanes<L>.Count) L.Store(y + i, W.Load<L>(theta, start + i));
        for (; i < count; i++) y[i] = WeightFormat.Read(theta, W.Type, start + i);
    }
}

/// <summary>The arguments of one perturbation: elements [Start, End) of θ to Y0 and, unless null, Y1.</summary>
internal readonly unsafe struct PerturbJob(
    void* theta, uint ordinal, long start, long end, ulong seed, float scale0, float* y0, float scale1, float* y1)
{
    public readonly void* Theta = theta;
    public readonly uint Ordinal = ordinal;
    public readonly long Start = start;
    public readonly long End = end;
    public readonly ulong Seed = seed;
    public readonly float Scale0 = scale0;
    public readonly float* Y0 = y0;
    public readonly float Scale1 = scale1;
    public readonly float* Y1 = y1;
}
