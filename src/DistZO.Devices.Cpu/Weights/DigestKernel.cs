using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Weights;

/// <summary><see cref="WeightsDigest"/> of eight words at once. Reads only.</summary>
[SkipLocalsInit]
internal static unsafe class DigestKernel
{
    /// <summary>The sum over <paramref name="bytes"/> bytes, whose first is word <paramref name="firstWord"/> of the tensor.</summary>
    public static UInt128 Sum(byte* data, long bytes, long firstWord, uint tensorNumber)
    {
        UInt128 sum = 0;

        // A lane of a partial sum takes 2³² terms of 32 bits; pieces far below that also keep span lengths in range.
        const long Piece = 1L << 30;
        for (long at = 0; at < bytes; at += Piece)
            sum += SumPiece(data + at, (int)long.Min(Piece, bytes - at), firstWord + at / 8, tensorNumber);
        return sum;
    }

    private static UInt128 SumPiece(byte* data, int bytes, long firstWord, uint tensorNumber)
    {
        var whole = bytes & -64;
        var sum = SimdSupport.Tier switch
        {
            SimdTier.V512 => SumWhole<Lanes512>(data, whole, firstWord, tensorNumber),
            SimdTier.V256 => SumWhole<Lanes256>(data, whole, firstWord, tensorNumber),
            SimdTier.V128 => SumWhole<Lanes128>(data, whole, firstWord, tensorNumber),
            _ => WeightsDigest.Sum(new ReadOnlySpan<byte>(data, whole), firstWord, tensorNumber),
        };
        return sum + WeightsDigest.Sum(new ReadOnlySpan<byte>(data + whole, bytes - whole), firstWord + whole / 8, tensorNumber);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static UInt128 SumWhole<L>(byte* data, int bytes, long firstWord, uint tensorNumber) where L : unmanaged, ILanes<L>
    {
        var keys = stackalloc L[2 * Philox.Rounds];
        for (var i = 0; i < Philox.Rounds; i++)
        {
            keys[2 * i] = L.Create64(WeightsDigest.Key + (uint)i * Philox.Weyl0);
            keys[2 * i + 1] = L.Create64(tensorNumber + (uint)i * Philox.Weyl1);
        }

        var positions = stackalloc ulong[8];
        for (var i = 0; i < 8; i++) positions[i] = (ulong)(firstWord + i);
        var position = L.Load(positions);
        var low = L.Create64(0xFFFFFFFF);
        var m0 = L.Create64(Philox.Multiplier0);
        var m1 = L.Create64(Philox.Multiplier1);
        L sum0 = L.Zero, sum1 = L.Zero, sum2 = L.Zero, sum3 = L.Zero;
        for (var at = 0; at < bytes; at += 64)
        {
            // Only the low half of a lane counts, until the words are summed.
            var c0 = L.Load(data + at);
            var c1 = L.ShiftRight64(c0, 32);
            var c2 = position;
            var c3 = L.ShiftRight64(position, 32);
            for (var round = 0; round < Philox.Rounds; round++)
            {
                var p0 = L.MultiplyEven(m0, c0);
                var p1 = L.MultiplyEven(m1, c2);
                c0 = L.Xor3(L.ShiftRight64(p1, 32), c1, keys[2 * round]);
                c2 = L.Xor3(L.ShiftRight64(p0, 32), c3, keys[2 * round + 1]);
                c1 = p1;
                c3 = p0;
            }

            sum0 = L.Add64(sum0, c0 & low);
            sum1 = L.Add64(sum1, c1 & low);
            sum2 = L.Add64(sum2, c2 & low);
            sum3 = L.Add64(sum3, c3 & low);
            position = L.Add64(position, L.Create64(8));
        }

        return Total(sum0) + (Total(sum1) << 32) + (Total(sum2) << 64) + (Total(sum3) << 96);
    }

    private static UInt128 Total<L>(L lanes) where L : unmanaged, ILanes<L>
    {
        var words = stackalloc ulong[8];
        L.Store(words, lanes);
        UInt128 sum = 0;
        for (var i = 0; i < 8; i++) sum += words[i];
        return sum;
    }
}
