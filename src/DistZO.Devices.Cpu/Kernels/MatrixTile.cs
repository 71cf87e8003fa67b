using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>The distance between two rows of A in floats, as a constant of the compiled kernel: twelve rows are then one pointer
/// with twelve displacements.</summary>
internal interface IRowStride
{
    static abstract int Floats { get; }
}

/// <summary>
/// The innermost matrix product: C[r][lane] = Σ_k A[r][k]·B[k][lane] for 12 rows of A (weights, row-major, one broadcast each) and one
/// or two tiles of B (16 tokens, one row of lanes a k). Every output element is one chain of fused multiply-adds in the order of k
/// that starts at zero, whatever the shape of the tile, so all shapes and widths give the same bits. With <c>add</c> the finished
/// sum is added to C, else it is stored.
/// Registers: 24 accumulators of 512 bits; 12 of 256 bits (6 rows at a time); 24 of 128 bits (6 rows at a time, as Arm64 has 32).
/// A 512-bit tile does 24 multiply-adds for 14 loads, so both operands may stream from the second-level cache.
/// </summary>
internal static unsafe class MatrixTile<TLanes, TStride>
    where TLanes : unmanaged, ILanes<TLanes>
    where TStride : struct, IRowStride
{
    /// <summary>Rows of A that one call works on.</summary>
    public const int Rows = 12;

    /// <summary>12 rows × 32 lanes. <paramref name="depth"/> ≥ 1 values of k; b and c step 16 floats a row.</summary>
    public static void TwoTiles(int depth, float* a, float* b0, float* b1, float* c0, float* c1, bool add)
    {
        if (typeof(TLanes) == typeof(Lanes512))
        {
            Rows12Wide512(depth, a, b0, b1, c0, c1, add);
            return;
        }

        OneTile(depth, a, b0, c0, add);
        OneTile(depth, a, b1, c1, add);
    }

    /// <summary>12 rows × 16 lanes.</summary>
    public static void OneTile(int depth, float* a, float* b, float* c, bool add)
    {
        var half = a + (6 * TStride.Floats);
        if (typeof(TLanes) == typeof(Lanes512))
        {
            Rows12Of512(depth, a, b, c, add);
        }
        else if (typeof(TLanes) == typeof(Lanes256))
        {
            Rows6Of256(depth, a, b, c, add);
            Rows6Of256(depth, half, b, c + 96, add);
        }
        else
        {
            Rows6Of128(depth, a, b, c, add);
            Rows6Of128(depth, half, b, c + 96, add);
        }
    }

    /// <summary>12 rows × two tiles in 24 accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12Wide512(int depth, float* a, float* b0, float* b1, float* c0, float* c1, bool add)
    {
        var stride = TStride.Floats;
        Vector512<float> s00 = default, s01 = default;
        Vector512<float> s10 = default, s11 = default;
        Vector512<float> s20 = default, s21 = default;
        Vector512<float> s30 = default, s31 = default;
        Vector512<float> s40 = default, s41 = default;
        Vector512<float> s50 = default, s51 = default;
        Vector512<float> s60 = default, s61 = default;
        Vector512<float> s70 = default, s71 = default;
        Vector512<float> s80 = default, s81 = default;
        Vector512<float> s90 = default, s91 = default;
        Vector512<float> sA0 = default, sA1 = default;
        Vector512<float> sB0 = default, sB1 = default;
        do
        {
            var v0 = Vector512.Load(b0);
            var v1 = Vector512.Load(b1);
            var w0 = Vector512.Create(a[0]);
            s00 = Vector512.FusedMultiplyAdd(w0, v0, s00);
            s01 = Vector512.FusedMultiplyAdd(w0, v1, s01);
            var w1 = Vector512.Create(a[1 * stride]);
            s10 = Vector512.FusedMultiplyAdd(w1, v0, s10);
            s11 = Vector512.FusedMultiplyAdd(w1, v1, s11);
            var w2 = Vector512.Create(a[2 * stride]);
            s20 = Vector512.FusedMultiplyAdd(w2, v0, s20);
            s21 = Vector512.FusedMultiplyAdd(w2, v1, s21);
            var w3 = Vector512.Create(a[3 * stride]);
            s30 = Vector512.FusedMultiplyAdd(w3, v0, s30);
            s31 = Vector512.FusedMultiplyAdd(w3, v1, s31);
            var w4 = Vector512.Create(a[4 * stride]);
            s40 = Vector512.FusedMultiplyAdd(w4, v0, s40);
            s41 = Vector512.FusedMultiplyAdd(w4, v1, s41);
            var w5 = Vector512.Create(a[5 * stride]);
            s50 = Vector512.FusedMultiplyAdd(w5, v0, s50);
            s51 = Vector512.FusedMultiplyAdd(w5, v1, s51);
            var w6 = Vector512.Create(a[6 * stride]);
            s60 = Vector512.FusedMultiplyAdd(w6, v0, s60);
            s61 = Vector512.FusedMultiplyAdd(w6, v1, s61);
            var w7 = Vector512.Create(a[7 * stride]);
            s70 = Vector512.FusedMultiplyAdd(w7, v0, s70);
            s71 = Vector512.FusedMultiplyAdd(w7, v1, s71);
            var w8 = Vector512.Create(a[8 * stride]);
            s80 = Vector512.FusedMultiplyAdd(w8, v0, s80);
            s81 = Vector512.FusedMultiplyAdd(w8, v1, s81);
            var w9 = Vector512.Create(a[9 * stride]);
            s90 = Vector512.FusedMultiplyAdd(w9, v0, s90);
            s91 = Vector512.FusedMultiplyAdd(w9, v1, s91);
            var wA = Vector512.Create(a[10 * stride]);
            sA0 = Vector512.FusedMultiplyAdd(wA, v0, sA0);
            sA1 = Vector512.FusedMultiplyAdd(wA, v1, sA1);
            var wB = Vector512.Create(a[11 * stride]);
            sB0 = Vector512.FusedMultiplyAdd(wB, v0, sB0);
            sB1 = Vector512.FusedMultiplyAdd(wB, v1, sB1);
            a++;
            b0 += 16;
            b1 += 16;
        }
        while (--depth != 0);
        Put(s00, c0, add);
        Put(s01, c1, add);
        Put(s10, c0 + 16, add);
        Put(s11, c1 + 16, add);
        Put(s20, c0 + 32, add);
        Put(s21, c1 + 32, add);
        Put(s30, c0 + 48, add);
        Put(s31, c1 + 48, add);
        Put(s40, c0 + 64, add);
        Put(s41, c1 + 64, add);
        Put(s50, c0 + 80, add);
        Put(s51, c1 + 80, add);
        Put(s60, c0 + 96, add);
        Put(s61, c1 + 96, add);
        Put(s70, c0 + 112, add);
        Put(s71, c1 + 112, add);
        Put(s80, c0 + 128, add);
        Put(s81, c1 + 128, add);
        Put(s90, c0 + 144, add);
        Put(s91, c1 + 144, add);
        Put(sA0, c0 + 160, add);
        Put(sA1, c1 + 160, add);
        Put(sB0, c0 + 176, add);
        Put(sB1, c1 + 176, add);
    }

    /// <summary>12 rows × one tile in 12 accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12Of512(int depth, float* a, float* b0, float* c0, bool add)
    {
        var stride = TStride.Floats;
        Vector512<float> s00 = default;
        Vector512<float> s10 = default;
        Vector512<float> s20 = default;
        Vector512<float> s30 = default;
        Vector512<float> s40 = default;
        Vector512<float> s50 = default;
        Vector512<float> s60 = default;
        Vector512<float> s70 = default;
        Vector512<float> s80 = default;
        Vector512<float> s90 = default;
        Vector512<float> sA0 = default;
        Vector512<float> sB0 = default;
        do
        {
            var v0 = Vector512.Load(b0);
            var w0 = Vector512.Create(a[0]);
            s00 = Vector512.FusedMultiplyAdd(w0, v0, s00);
            var w1 = Vector512.Create(a[1 * stride]);
            s10 = Vector512.FusedMultiplyAdd(w1, v0, s10);
            var w2 = Vector512.Create(a[2 * stride]);
            s20 = Vector512.FusedMultiplyAdd(w2, v0, s20);
            var w3 = Vector512.Create(a[3 * stride]);
            s30 = Vector512.FusedMultiplyAdd(w3, v0, s30);
            var w4 = Vector512.Create(a[4 * stride]);
            s40 = Vector512.FusedMultiplyAdd(w4, v0, s40);
            var w5 = Vector512.Create(a[5 * stride]);
            s50 = Vector512.FusedMultiplyAdd(w5, v0, s50);
            var w6 = Vector512.Create(a[6 * stride]);
            s60 = Vector512.FusedMultiplyAdd(w6, v0, s60);
            var w7 = Vector512.Create(a[7 * stride]);
            s70 = Vector512.FusedMultiplyAdd(w7, v0, s70);
            var w8 = Vector512.Create(a[8 * stride]);
            s80 = Vector512.FusedMultiplyAdd(w8, v0, s80);
            var w9 = Vector512.Create(a[9 * stride]);
            s90 = Vector512.FusedMultiplyAdd(w9, v0, s90);
            var wA = Vector512.Create(a[10 * stride]);
            sA0 = Vector512.FusedMultiplyAdd(wA, v0, sA0);
            var wB = Vector512.Create(a[11 * stride]);
            sB0 = Vector512.FusedMultiplyAdd(wB, v0, sB0);
            a++;
            b0 += 16;
        }
        while (--depth != 0);
        Put(s00, c0, add);
        Put(s10, c0 + 16, add);
        Put(s20, c0 + 32, add);
        Put(s30, c0 + 48, add);
        Put(s40, c0 + 64, add);
        Put(s50, c0 + 80, add);
        Put(s60, c0 + 96, add);
        Put(s70, c0 + 112, add);
        Put(s80, c0 + 128, add);
        Put(s90, c0 + 144, add);
        Put(sA0, c0 + 160, add);
        Put(sB0, c0 + 176, add);
    }

    /// <summary>6 rows × one tile in 12 accumulators: all that 16 registers hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6Of256(int depth, float* a, float* b0, float* c0, bool add)
    {
        var stride = TStride.Floats;
        Vector256<float> s00 = default, s01 = default;
        Vector256<float> s10 = default, s11 = default;
        Vector256<float> s20 = default, s21 = default;
        Vector256<float> s30 = default, s31 = default;
        Vector256<float> s40 = default, s41 = default;
        Vector256<float> s50 = default, s51 = default;
        do
        {
            var v0 = Vector256.Load(b0);
            var v1 = Vector256.Load(b0 + 8);
            var w0 = Vector256.Create(a[0]);
            s00 = Vector256.FusedMultiplyAdd(w0, v0, s00);
            s01 = Vector256.FusedMultiplyAdd(w0, v1, s01);
            var w1 = Vector256.Create(a[1 * stride]);
            s10 = Vector256.FusedMultiplyAdd(w1, v0, s10);
            s11 = Vector256.FusedMultiplyAdd(w1, v1, s11);
            var w2 = Vector256.Create(a[2 * stride]);
            s20 = Vector256.FusedMultiplyAdd(w2, v0, s20);
            s21 = Vector256.FusedMultiplyAdd(w2, v1, s21);
            var w3 = Vector256.Create(a[3 * stride]);
            s30 = Vector256.FusedMultiplyAdd(w3, v0, s30);
            s31 = Vector256.FusedMultiplyAdd(w3, v1, s31);
            var w4 = Vector256.Create(a[4 * stride]);
            s40 = Vector256.FusedMultiplyAdd(w4, v0, s40);
            s41 = Vector256.FusedMultiplyAdd(w4, v1, s41);
            var w5 = Vector256.Create(a[5 * stride]);
            s50 = Vector256.FusedMultiplyAdd(w5, v0, s50);
            s51 = Vector256.FusedMultiplyAdd(w5, v1, s51);
            a++;
            b0 += 16;
        }
        while (--depth != 0);
        Put(s00, c0, add);
        Put(s01, c0 + 8, add);
        Put(s10, c0 + 16, add);
        Put(s11, c0 + 24, add);
        Put(s20, c0 + 32, add);
        Put(s21, c0 + 40, add);
        Put(s30, c0 + 48, add);
        Put(s31, c0 + 56, add);
        Put(s40, c0 + 64, add);
        Put(s41, c0 + 72, add);
        Put(s50, c0 + 80, add);
        Put(s51, c0 + 88, add);
    }

    /// <summary>6 rows × one tile in 24 accumulators: the NEON form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6Of128(int depth, float* a, float* b0, float* c0, bool add)
    {
        var stride = TStride.Floats;
        Vector128<float> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector128<float> s10 = default, s11 = default, s12 = default, s13 = default;
        Vector128<float> s20 = default, s21 = default, s22 = default, s23 = default;
        Vector128<float> s30 = default, s31 = default, s32 = default, s33 = default;
        Vector128<float> s40 = default, s41 = default, s42 = default, s43 = default;
        Vector128<float> s50 = default, s51 = default, s52 = default, s53 = default;
        do
        {
            var v0 = Vector128.Load(b0);
            var v1 = Vector128.Load(b0 + 4);
            var v2 = Vector128.Load(b0 + 8);
            var v3 = Vector128.Load(b0 + 12);
            var w0 = Vector128.Create(a[0]);
            s00 = Vector128.FusedMultiplyAdd(w0, v0, s00);
            s01 = Vector128.FusedMultiplyAdd(w0, v1, s01);
            s02 = Vector128.FusedMultiplyAdd(w0, v2, s02);
            s03 = Vector128.FusedMultiplyAdd(w0, v3, s03);
            var w1 = Vector128.Create(a[1 * stride]);
            s10 = Vector128.FusedMultiplyAdd(w1, v0, s10);
            s11 = Vector128.FusedMultiplyAdd(w1, v1, s11);
            s12 = Vector128.FusedMultiplyAdd(w1, v2, s12);
            s13 = Vector128.FusedMultiplyAdd(w1, v3, s13);
            var w2 = Vector128.Create(a[2 * stride]);
            s20 = Vector128.FusedMultiplyAdd(w2, v0, s20);
            s21 = Vector128.FusedMultiplyAdd(w2, v1, s21);
            s22 = Vector128.FusedMultiplyAdd(w2, v2, s22);
            s23 = Vector128.FusedMultiplyAdd(w2, v3, s23);
            var w3 = Vector128.Create(a[3 * stride]);
            s30 = Vector128.FusedMultiplyAdd(w3, v0, s30);
            s31 = Vector128.FusedMultiplyAdd(w3, v1, s31);
            s32 = Vector128.FusedMultiplyAdd(w3, v2, s32);
            s33 = Vector128.FusedMultiplyAdd(w3, v3, s33);
            var w4 = Vector128.Create(a[4 * stride]);
            s40 = Vector128.FusedMultiplyAdd(w4, v0, s40);
            s41 = Vector128.FusedMultiplyAdd(w4, v1, s41);
            s42 = Vector128.FusedMultiplyAdd(w4, v2, s42);
            s43 = Vector128.FusedMultiplyAdd(w4, v3, s43);
            var w5 = Vector128.Create(a[5 * stride]);
            s50 = Vector128.FusedMultiplyAdd(w5, v0, s50);
            s51 = Vector128.FusedMultiplyAdd(w5, v1, s51);
            s52 = Vector128.FusedMultiplyAdd(w5, v2, s52);
            s53 = Vector128.FusedMultiplyAdd(w5, v3, s53);
            a++;
            b0 += 16;
        }
        while (--depth != 0);
        Put(s00, c0, add);
        Put(s01, c0 + 4, add);
        Put(s02, c0 + 8, add);
        Put(s03, c0 + 12, add);
        Put(s10, c0 + 16, add);
        Put(s11, c0 + 20, add);
        Put(s12, c0 + 24, add);
        Put(s13, c0 + 28, add);
        Put(s20, c0 + 32, add);
        Put(s21, c0 + 36, add);
        Put(s22, c0 + 40, add);
        Put(s23, c0 + 44, add);
        Put(s30, c0 + 48, add);
        Put(s31, c0 + 52, add);
        Put(s32, c0 + 56, add);
        Put(s33, c0 + 60, add);
        Put(s40, c0 + 64, add);
        Put(s41, c0 + 68, add);
        Put(s42, c0 + 72, add);
        Put(s43, c0 + 76, add);
        Put(s50, c0 + 80, add);
        Put(s51, c0 + 84, add);
        Put(s52, c0 + 88, add);
        Put(s53, c0 + 92, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector512<float> sum, float* c, bool add) => (add ? Vector512.Load(c) + sum : sum).Store(c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector256<float> sum, float* c, bool add) => (add ? Vector256.Load(c) + sum : sum).Store(c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector128<float> sum, float* c, bool add) => (add ? Vector128.Load(c) + sum : sum).Store(c);
}
