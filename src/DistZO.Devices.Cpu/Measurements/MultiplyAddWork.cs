using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DistZO.Devices.Cpu.Measurements;

/// <summary>
/// Fused multiply-adds on registers alone: what the cores could do if nothing had to be loaded. Twelve independent chains hide the
/// latency of 4 cycles on two units, and fit into 16 registers. A task is one thread's share.
/// </summary>
internal sealed class MultiplyAddWork(WorkerPool pool) : ParallelWork
{
    private const int Rounds = 1 << 20;
    private const int Chains = 12;
    private float _sink;

    /// <summary>Does the work once on every thread, and returns the floating-point operations that it was.</summary>
    public long Run()
    {
        pool.Run(this, pool.Threads);
        var lanes = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
        return 2L * lanes * Chains * Rounds * pool.Threads;
    }

    public override void Execute(int task, int thread)
    {
        // The sum is kept, so that nothing can be left out.
        _sink = Vector512.IsHardwareAccelerated ? Chain<Wide512>() : Vector256.IsHardwareAccelerated ? Chain<Wide256>() : Chain<Wide128>();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain<TVector>()
        where TVector : struct, IWide<TVector>
    {
        // x·½ + x stays finite: it converges to 2x.
        TVector x = TVector.Half, a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var round = 0; round < Rounds; round++)
        {
            a = TVector.Fma(a, x);
            b = TVector.Fma(b, x);
            c = TVector.Fma(c, x);
            d = TVector.Fma(d, x);
            e = TVector.Fma(e, x);
            f = TVector.Fma(f, x);
            g = TVector.Fma(g, x);
            h = TVector.Fma(h, x);
            i = TVector.Fma(i, x);
            j = TVector.Fma(j, x);
            k = TVector.Fma(k, x);
            l = TVector.Fma(l, x);
        }

        return a.First + b.First + c.First + d.First + e.First + f.First + g.First + h.First + i.First + j.First + k.First + l.First;
    }

    /// <summary>One register of the machine.</summary>
    private interface IWide<TSelf>
        where TSelf : struct, IWide<TSelf>
    {
        static abstract TSelf Half { get; }

        float First { get; }

        /// <summary>a·x + x.</summary>
        static abstract TSelf Fma(TSelf a, TSelf x);
    }

    private readonly struct Wide512(Vector512<float> value) : IWide<Wide512>
    {
        private readonly Vector512<float> _value = value;

        public static Wide512 Half => new(Vector512.Create(0.5f));

        public float First => _value.ToScalar();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Wide512 Fma(Wide512 a, Wide512 x) => new(Vector512.FusedMultiplyAdd(a._value, x._value, x._value));
    }

    private readonly struct Wide256(Vector256<float> value) : IWide<Wide256>
    {
        private readonly Vector256<float> _value = value;

        public static Wide256 Half => new(Vector256.Create(0.5f));

        public float First => _value.ToScalar();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Wide256 Fma(Wide256 a, Wide256 x) => new(Vector256.FusedMultiplyAdd(a._value, x._value, x._value));
    }

    private readonly struct Wide128(Vector128<float> value) : IWide<Wide128>
    {
        private readonly Vector128<float> _value = value;

        public static Wide128 Half => new(Vector128.Create(0.5f));

        public float First => _value.ToScalar();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Wide128 Fma(Wide128 a, Wide128 x) => new(Vector128.FusedMultiplyAdd(a._value, x._value, x._value));
    }
}
