using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Perturbation;

/// <summary>
/// Eight Philox blocks at once, one in each 64-bit lane, for consecutive counters n of one (seed, third word, stream). The low half of
/// a lane holds the value, the upper half is whatever the multiplication left there: the next multiplication ignores it.
/// </summary>
/// <remarks>
/// Only the first counter word differs between blocks (callers split at n = 2³²), so half of rounds 1 and 2 is the same for all of
/// them and is computed once, in <see cref="Prepare"/>. Of a round, c1 and c3 are the low halves of the last round's products.
/// </remarks>
[SkipLocalsInit]
internal static unsafe class PhiloxLanes<L> where L : unmanaged, ILanes<L>
{
    /// <summary>Blocks that <see cref="Block"/> makes.</summary>
    public const int Blocks = 8;

    /// <summary>How many <typeparamref name="L"/> a table takes.</summary>
    public const int TableLength = 24;

    private const int Second = 3;
    private const int Third = 6;
    private const int Rest = 8;
    private const int Last = 20;
    private const int Iota = 22;
    private const int LowHalf = 23;

    /// <summary>Writes the constants of (seed, third word, stream) and the high word of n to <paramref name="table"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Prepare(L* table, ulong seed, uint third, PhiloxStream stream, uint high)
    {
        var (k0, k1) = ((uint)seed, (uint)(seed >> 32));
        table[0] = L.Create64(Philox.Multiplier0);
        table[1] = L.Create64(Philox.Multiplier1);
        table[2] = L.Create64((uint)stream ^ k1);

        // Round 1 from (n, high, third, stream): c0 and c1 are the same for all blocks.
        var product = (ulong)Philox.Multiplier1 * third;
        var c0 = (uint)(product >> 32) ^ high ^ k0;
        var c1 = (uint)product;
        (k0, k1) = (k0 + Philox.Weyl0, k1 + Philox.Weyl1);

        // Round 2: c0's product is the same for all.
        product = (ulong)Philox.Multiplier0 * c0;
        table[Second] = L.Create64(c1 ^ k0);
        table[Second + 1] = L.Create64((uint)(product >> 32) ^ k1);
        var c3 = (uint)product;
        (k0, k1) = (k0 + Philox.Weyl0, k1 + Philox.Weyl1);

        table[Third] = L.Create64(k0);
        table[Third + 1] = L.Create64(c3 ^ k1);
        for (var i = Rest; i < Last; i += 2)
        {
            (k0, k1) = (k0 + Philox.Weyl0, k1 + Philox.Weyl1);
            table[i] = L.Create64(k0);
            table[i + 1] = L.Create64(k1);
        }

        (k0, k1) = (k0 + Philox.Weyl0, k1 + Philox.Weyl1);
        table[Last] = L.Create64((ulong)k1 << 32 | k0);
        table[LowHalf] = L.Create64(0xFFFFFFFF);
        var iota = stackalloc ulong[Blocks];
        for (var i = 0; i < Blocks; i++) iota[i] = (ulong)i;
        table[Iota] = L.Load(iota);
    }

    /// <summary>The counters n, n + 1, … n + 7, of which only the low 32 bits count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Counters(L* table, ulong n) => L.Add64(table[Iota], L.Create64(n));

    /// <summary>
    /// The words of eight blocks, in pairs: <paramref name="first"/> = w0, w2 of block 0, w0, w2 of block 1, …;
    /// <paramref name="second"/> = w1, w3 of block 0, ….
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(L* table, L counters, out L first, out L second)
    {
        var m0 = table[0];
        var m1 = table[1];

        // Rounds 1 to 3.
        var p0 = L.MultiplyEven(m0, counters);
        var p1 = L.MultiplyEven(m1, L.ShiftRight64(p0, 32) ^ table[2]);
        var c0 = L.ShiftRight64(p1, 32) ^ table[Second];
        var c2 = p0 ^ table[Second + 1];
        p0 = L.MultiplyEven(m0, c0);
        var q1 = L.MultiplyEven(m1, c2);
        c0 = L.Xor3(L.ShiftRight64(q1, 32), p1, table[Third]);
        c2 = L.ShiftRight64(p0, 32) ^ table[Third + 1];
        p1 = q1;

        // Rounds 4 to 9.
        Round(table + Rest, m0, m1, ref c0, ref c2, ref p0, ref p1);
        Round(table + Rest + 2, m0, m1, ref c0, ref c2, ref p0, ref p1);
        Round(table + Rest + 4, m0, m1, ref c0, ref c2, ref p0, ref p1);
        Round(table + Rest + 6, m0, m1, ref c0, ref c2, ref p0, ref p1);
        Round(table + Rest + 8, m0, m1, ref c0, ref c2, ref p0, ref p1);
        Round(table + Rest + 10, m0, m1, ref c0, ref c2, ref p0, ref p1);

        // Round 10, putting (w0, w2) and (w1, w3) side by side.
        var low = table[LowHalf];
        var r0 = L.MultiplyEven(m0, c0);
        var r1 = L.MultiplyEven(m1, c2);
        first = L.Xor3(
            L.Select(low, L.ShiftRight64(r1, 32), r0),
            L.Select(low, p1, L.ShiftLeft64(p0, 32)),
            table[Last]);
        second = L.Select(low, r1, L.ShiftLeft64(r0, 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(L* keys, L m0, L m1, ref L c0, ref L c2, ref L p0, ref L p1)
    {
        var r0 = L.MultiplyEven(m0, c0);
        var r1 = L.MultiplyEven(m1, c2);
        c0 = L.Xor3(L.ShiftRight64(r1, 32), p1, keys[0]);
        c2 = L.Xor3(L.ShiftRight64(r0, 32), p0, keys[1]);
        p0 = r0;
        p1 = r1;
    }
}
