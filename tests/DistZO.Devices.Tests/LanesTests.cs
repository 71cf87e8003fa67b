using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Tests;

/// <summary>Every operation of every width against plain C#, bit for bit.</summary>
public unsafe class LanesTests
{
    private const int N = ILanes<Lanes128>.Count;

    [SkippableTheory]
    [InlineData(nameof(SimdTier.V128))]
    [InlineData(nameof(SimdTier.V256))]
    [InlineData(nameof(SimdTier.V512))]
    public void Lanes_EveryOperation_EqualsScalar(string tierName)
    {
        var tier = Enum.Parse<SimdTier>(tierName);
        // The 128-bit form also runs, emulated, where there is no vector unit at all.
        Skip.If(tier > SimdSupport.Best && tier != SimdTier.V128, $"this processor has no {tier}");
        switch (tier)
        {
            case SimdTier.V512: CheckAll<Lanes512>(); break;
            case SimdTier.V256: CheckAll<Lanes256>(); break;
            default: CheckAll<Lanes128>(); break;
        }
    }

    private static void CheckAll<L>() where L : unmanaged, ILanes<L>
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            // Bit patterns of all kinds, then ordinary values, then small integers: the last make compares and rounding ties occur.
            var a = Fill(random, round % 3);
            var b = Fill(random, round % 3);
            var c = Fill(random, round % 3);
            CheckFloat<L>(a, b, c);
            CheckBits<L>(a, b, c);
            CheckOrder<L>(a, b);
        }
    }

    private static void CheckFloat<L>(float[] a, float[] b, float[] c) where L : unmanaged, ILanes<L>
    {
        Check<L>("+", a, b, c, (x, y, _) => x + y, (x, y, _) => x + y);
        Check<L>("-", a, b, c, (x, y, _) => x - y, (x, y, _) => x - y);
        Check<L>("*", a, b, c, (x, y, _) => x * y, (x, y, _) => x * y);
        Check<L>("/", a, b, c, (x, y, _) => x / y, (x, y, _) => x / y);
        Check<L>("fma", a, b, c, L.Fma, MathF.FusedMultiplyAdd);
        Check<L>("sqrt", a, b, c, (x, _, _) => L.Sqrt(x), (x, _, _) => MathF.Sqrt(x));
        Check<L>("max", a, b, c, (x, y, _) => L.Max(x, y), (x, y, _) => MathF.Max(x, y));
        Check<L>("min", a, b, c, (x, y, _) => L.Min(x, y), (x, y, _) => MathF.Min(x, y));
        CheckBitwise<L>(">", a, b, c, (x, y, _) => L.GreaterThan(x, y), (x, y, _) => Mask(x > y));
        CheckBitwise<L>("<", a, b, c, (x, y, _) => L.LessThan(x, y), (x, y, _) => Mask(x < y));
        CheckBitwise<L>("=", a, b, c, (x, y, _) => L.Equal(x, y), (x, y, _) => Mask(x == y));
        CheckBitwise<L>("select", a, b, c, L.Select, (m, x, y) => Float((Bits(m) & Bits(x)) | (~Bits(m) & Bits(y))));
        CheckBitwise<L>("to float", a, b, c, (x, _, _) => L.ToFloat(x), (x, _, _) => (float)Bits(x));

        var small = a.Select(x => float.IsFinite(x) && MathF.Abs(x) < 1e9f ? x : 0.5f).ToArray();
        CheckBitwise<L>("truncate", small, b, c, (x, _, _) => L.ToIntTruncated(x), (x, _, _) => Float((int)x));
        CheckBitwise<L>("nearest", small, b, c, (x, _, _) => L.ToIntNearest(x), (x, _, _) => Float((int)Math.Round((double)x, MidpointRounding.ToEven)));
    }

    private static void CheckBits<L>(float[] a, float[] b, float[] c) where L : unmanaged, ILanes<L>
    {
        CheckBitwise<L>("&", a, b, c, (x, y, _) => x & y, (x, y, _) => Float(Bits(x) & Bits(y)));
        CheckBitwise<L>("|", a, b, c, (x, y, _) => x | y, (x, y, _) => Float(Bits(x) | Bits(y)));
        CheckBitwise<L>("^", a, b, c, (x, y, _) => x ^ y, (x, y, _) => Float(Bits(x) ^ Bits(y)));
        CheckBitwise<L>("andnot", a, b, c, (x, y, _) => L.AndNot(x, y), (x, y, _) => Float(Bits(x) & ~Bits(y)));
        CheckBitwise<L>("xor3", a, b, c, L.Xor3, (x, y, z) => Float(Bits(x) ^ Bits(y) ^ Bits(z)));
        CheckBitwise<L>("int +", a, b, c, (x, y, _) => L.AddInt(x, y), (x, y, _) => Float(Bits(x) + Bits(y)));
        CheckBitwise<L>("int -", a, b, c, (x, y, _) => L.SubtractInt(x, y), (x, y, _) => Float(Bits(x) - Bits(y)));
        CheckBitwise<L>("int *", a, b, c, (x, y, _) => L.MultiplyInt(x, y), (x, y, _) => Float(Bits(x) * Bits(y)));
        CheckBitwise<L>("<< 5", a, b, c, (x, _, _) => L.ShiftLeft(x, 5), (x, _, _) => Float(Bits(x) << 5));
        CheckBitwise<L>(">>> 8", a, b, c, (x, _, _) => L.ShiftRightLogical(x, 8), (x, _, _) => Float(Bits(x) >>> 8));
        CheckBitwise<L>(">> 8", a, b, c, (x, _, _) => L.ShiftRightArithmetic(x, 8), (x, _, _) => Float(Bits(x) >> 8));
        CheckBitwise<L>("int =", a, b, c, (x, y, _) => L.EqualInt(x, y), (x, y, _) => Mask(Bits(x) == Bits(y)));
        CheckBitwise<L>("int >", a, b, c, (x, y, _) => L.GreaterThanInt(x, y), (x, y, _) => Mask(Bits(x) > Bits(y)));
        CheckBitwise<L>("create", a, b, c, (_, _, _) => L.Create(1.5f), (_, _, _) => 1.5f);
        CheckBitwise<L>("create int", a, b, c, (_, _, _) => L.CreateInt(-3), (_, _, _) => Float(-3));
        CheckBitwise<L>("zero", a, b, c, (_, _, _) => L.Zero, (_, _, _) => 0f);
        Check64<L>("add", a, b, L.Add64, (x, y) => x + y);
        Check64<L>("multiply", a, b, L.MultiplyEven, (x, y) => (ulong)(uint)x * (uint)y);
        Check64<L>("<< 32", a, b, (x, _) => L.ShiftLeft64(x, 32), (x, _) => x << 32);
        Check64<L>(">> 32", a, b, (x, _) => L.ShiftRight64(x, 32), (x, _) => x >> 32);
        Check64<L>("create", a, b, (_, _) => L.Create64(0x0123456789ABCDEF), (_, _) => 0x0123456789ABCDEF);
    }

    private static void CheckOrder<L>(float[] a, float[] b) where L : unmanaged, ILanes<L>
    {
        var even = Load<L>(a);
        var odd = Load<L>(b);
        var low = Store(L.InterleaveLow(even, odd));
        var high = Store(L.InterleaveHigh(even, odd));
        for (var i = 0; i < N; i++)
        {
            Assert.Equal(Bits(a[i]), Bits(i < N / 2 ? low[2 * i] : high[2 * i - N]));
            Assert.Equal(Bits(b[i]), Bits(i < N / 2 ? low[2 * i + 1] : high[2 * i + 1 - N]));
        }

        var tree = (float[])a.Clone();
        for (var width = N / 2; width > 0; width /= 2)
            for (var i = 0; i < width; i++) tree[i] += tree[i + width];
        AssertSame("sum", tree[0], L.Sum(even));
        AssertSame("max", a.Aggregate(MathF.Max), L.MaxAcross(even));

        var narrow = new ushort[N];
        fixed (ushort* p = narrow)
        {
            L.StoreNarrowed(p, even);
            for (var i = 0; i < N; i++) Assert.Equal((ushort)Bits(a[i]), narrow[i]);
            var wide = Store(L.LoadWidened(p));
            for (var i = 0; i < N; i++) Assert.Equal(narrow[i], Bits(wide[i]));
        }
    }

    /// <summary>Arithmetic: one NaN is as good as another.</summary>
    private static void Check<L>(string name, float[] a, float[] b, float[] c, Func<L, L, L, L> lanes, Func<float, float, float, float> scalar)
        where L : unmanaged, ILanes<L>
    {
        var result = Store(lanes(Load<L>(a), Load<L>(b), Load<L>(c)));
        for (var i = 0; i < N; i++) AssertSame($"{name}({a[i]}, {b[i]}, {c[i]})", scalar(a[i], b[i], c[i]), result[i]);
    }

    private static void CheckBitwise<L>(
        string name, float[] a, float[] b, float[] c, Func<L, L, L, L> lanes, Func<float, float, float, float> scalar)
        where L : unmanaged, ILanes<L>
    {
        var result = Store(lanes(Load<L>(a), Load<L>(b), Load<L>(c)));
        for (var i = 0; i < N; i++)
        {
            var expected = Bits(scalar(a[i], b[i], c[i]));
            Assert.True(expected == Bits(result[i]), $"{name}({a[i]}, {b[i]}, {c[i]}): {expected:x8} expected, {Bits(result[i]):x8} found");
        }
    }

    private static void Check64<L>(string name, float[] a, float[] b, Func<L, L, L> lanes, Func<ulong, ulong, ulong> scalar)
        where L : unmanaged, ILanes<L>
    {
        var result = Store(lanes(Load<L>(a), Load<L>(b)));
        for (var i = 0; i < N; i += 2)
        {
            var expected = scalar(Word(a, i), Word(b, i));
            Assert.True(expected == Word(result, i), $"{name}: {expected:x16} expected, {Word(result, i):x16} found");
        }
    }

    private static ulong Word(float[] x, int i) => (uint)Bits(x[i]) | ((ulong)(uint)Bits(x[i + 1]) << 32);

    /// <summary>Equal bits; any NaN is as good as another (its payload differs between processors).</summary>
    private static void AssertSame(string what, float expected, float actual)
    {
        if (float.IsNaN(expected) && float.IsNaN(actual)) return;
        Assert.True(Bits(expected) == Bits(actual), $"{what}: {Bits(expected):x8} expected, {Bits(actual):x8} found");
    }

    private static L Load<L>(float[] x) where L : unmanaged, ILanes<L>
    {
        fixed (float* p = x) return L.Load(p);
    }

    private static float[] Store<L>(L x) where L : unmanaged, ILanes<L>
    {
        var result = new float[N];
        fixed (float* p = result) L.Store(p, x);
        return result;
    }

    private static float[] Fill(Random random, int kind)
    {
        var x = new float[N];
        for (var i = 0; i < N; i++)
        {
            x[i] = kind switch
            {
                0 => Float((int)random.NextInt64(1L << 32)),
                1 => (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-20, 20))),
                _ => random.Next(-7, 8) * 0.5f,
            };
        }

        return x;
    }

    private static float Mask(bool x) => Float(x ? -1 : 0);

    private static int Bits(float x) => Unsafe.BitCast<float, int>(x);

    private static float Float(int x) => Unsafe.BitCast<int, float>(x);
}
