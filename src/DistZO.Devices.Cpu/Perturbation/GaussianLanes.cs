using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Perturbation;

/// <summary>32 consecutive Gaussian numbers at once: <see cref="BoxMuller"/> on the words of eight Philox blocks.</summary>
internal static unsafe class GaussianLanes<L> where L : unmanaged, ILanes<L>
{
    /// <summary>Numbers that <see cref="Next"/> makes; also the alignment of the index that they start at.</summary>
    public const int Count = 32;

    /// <summary>The first index whose counter no longer has the high word that <paramref name="index"/>'s has.</summary>
    public static long SegmentEnd(long index) => ((index >> 34) + 1) << 34;

    /// <summary>Prepares a table for the segment that holds <paramref name="index"/>.</summary>
    public static void Prepare(L* table, ulong seed, uint ordinal, PhiloxStream stream, long index) =>
        PhiloxLanes<L>.Prepare(table, seed, ordinal, stream, (uint)(index >> 34));

    /// <summary>The 32 numbers from <paramref name="index"/> on, a multiple of 32; lanes are in the order of the index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Next(L* table, long index, out L z0, out L z1)
    {
        if (typeof(L) == typeof(Lanes128))
        {
            // Four registers a value are more than the JIT inlines into one method: two calls, through memory.
            Words(table, index, out var words);
            Apart(words.First, words.Second, out z0, out z1);
            return;
        }

        PhiloxLanes<L>.Block(table, PhiloxLanes<L>.Counters(table, (ulong)index >> 2), out var first, out var second);
        Ordered(first, second, out z0, out z1);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Words(L* table, long index, out (L First, L Second) words) =>
        PhiloxLanes<L>.Block(table, PhiloxLanes<L>.Counters(table, (ulong)index >> 2), out words.First, out words.Second);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Apart(in L first, in L second, out L z0, out L z1) => Ordered(first, second, out z0, out z1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ordered(L first, L second, out L z0, out L z1)
    {
        Pair(first, second, out var even, out var odd);
        z0 = L.InterleaveLow(even, odd);
        z1 = L.InterleaveHigh(even, odd);
    }

    /// <summary><see cref="BoxMuller.Pair"/> in every lane, operation by operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(L w0, L w1, out L even, out L odd)
    {
        var k = L.ToFloat(L.AddInt(L.ShiftRightLogical(w0, 8), L.CreateInt(1)));
        var i = L.SubtractInt(L.CreateInt(BoxMuller.LogTopScaled), k);
        var e = L.ToFloat(L.ShiftRightArithmetic(i, 23));
        var f = L.Create(1f) - L.SubtractInt(L.CreateInt(BoxMuller.LogTop), i & L.CreateInt(0x7FFFFF));
        var p = L.Fma(L.Create(BoxMuller.Log7), f, L.Create(BoxMuller.Log6));
        p = L.Fma(p, f, L.Create(BoxMuller.Log5));
        p = L.Fma(p, f, L.Create(BoxMuller.Log4));
        p = L.Fma(p, f, L.Create(BoxMuller.Log3));
        p = L.Fma(p, f, L.Create(BoxMuller.Log2));
        p = L.Fma(p, f, L.Create(BoxMuller.Log1));
        p = L.Fma(p, f, L.Create(BoxMuller.Log0));
        p = L.Fma(p, f, L.Create(2f));
        var r = L.Sqrt(L.Fma(e, L.Create(BoxMuller.TwoLn2), p * f));

        var a = L.ToFloat(w1);
        var rounded = L.Fma(a, L.Create(BoxMuller.TurnsPerUnit), L.Create(BoxMuller.HalfTurns));
        var s = L.Fma(a, L.Create(BoxMuller.TurnsPerUnit), L.Create(BoxMuller.HalfTurns) - rounded);
        var v = s * s;
        var sin = L.Fma(L.Create(BoxMuller.Sin4), v, L.Create(BoxMuller.Sin3));
        sin = L.Fma(sin, v, L.Create(BoxMuller.Sin2));
        sin = L.Fma(sin, v, L.Create(BoxMuller.Sin1));
        sin = L.Fma(sin, v, L.Create(BoxMuller.Sin0));
        sin = s * sin;
        var cos = L.Fma(L.Create(BoxMuller.Cos3), v, L.Create(BoxMuller.Cos2));
        cos = L.Fma(cos, v, L.Create(BoxMuller.Cos1));
        cos = L.Fma(cos, v, L.Create(BoxMuller.Cos0));
        cos = L.Fma(cos, v, L.Create(1f));

        // Turning r's sign instead of sin's and cos's gives the same products.
        r ^= L.ShiftLeft(rounded, 31);
        even = r * cos;
        odd = r * sin;
    }
}
