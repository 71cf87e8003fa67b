using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Weights;

/// <summary>
/// <see cref="TransferRounding"/> and <see cref="PackedTensor"/> of one group of 32 weights at a time, which are two vectors.
/// </summary>
[SkipLocalsInit]
internal static unsafe class TransferLoop<L> where L : unmanaged, ILanes<L>
{
    private const int Group = TransferRounding.Group;

    /// <summary>Rounds whole groups in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(TransferType type, float* x, int count)
    {
        if (type == TransferType.BFloat16)
        {
            for (var i = 0; i < count; i += ILanes<L>.Count) L.Store(x + i, ToBFloat16(L.Load(x + i)));
            return;
        }

        for (var i = 0; i < count; i += Group)
        {
            var (x0, x1) = (L.Load(x + i), L.Load(x + i + ILanes<L>.Count));
            var exponent = Exponent(x0, x1);
            L scale = L.Create(TransferRounding.Power(exponent)), inverse = L.Create(TransferRounding.Power(-exponent));
            L.Store(x + i, ToFloat8(x0 * inverse) * scale);
            L.Store(x + i + ILanes<L>.Count, ToFloat8(x1 * inverse) * scale);
        }
    }

    /// <summary>Packs whole groups of float8: <see cref="Group"/> codes and a scale for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackFloat8(float* x, int count, byte* codes, byte* scales)
    {
        var halves = stackalloc ushort[Group];
        for (var i = 0; i < count; i += Group)
        {
            var (x0, x1) = (L.Load(x + i), L.Load(x + i + ILanes<L>.Count));
            var exponent = Exponent(x0, x1);
            var inverse = L.Create(TransferRounding.Power(-exponent));
            L.StoreNarrowed(halves, Code(x0 * inverse));
            L.StoreNarrowed(halves + ILanes<L>.Count, Code(x1 * inverse));
            scales[i / Group] = (byte)(exponent + TransferRounding.ExponentBias);
            Vector128.Narrow(Vector128.Load(halves), Vector128.Load(halves + 8)).Store(codes + i);
            Vector128.Narrow(Vector128.Load(halves + 16), Vector128.Load(halves + 24)).Store(codes + i + 16);
        }
    }

    /// <summary>The values of whole groups of codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void UnpackFloat8(byte* codes, byte* scales, int count, float* x)
    {
        for (var i = 0; i < count; i += Group)
        {
            // Two codes in each lane: the even element's and the odd one's.
            var pairs = L.LoadWidened((ushort*)(codes + i));
            var scale = L.Create(TransferRounding.Power(scales[i / Group] - TransferRounding.ExponentBias));
            var even = Value(pairs & L.CreateInt(0xFF)) * scale;
            var odd = Value(L.ShiftRightLogical(pairs, 8)) * scale;
            L.Store(x + i, L.InterleaveLow(even, odd));
            L.Store(x + i + ILanes<L>.Count, L.InterleaveHigh(even, odd));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Magnitude(L x) => x & L.CreateInt(0x7FFFFFFF);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Exponent(L x0, L x1) =>
        TransferRounding.Exponent(Unsafe.BitCast<float, uint>(L.MaxAcross(L.Max(Magnitude(x0), Magnitude(x1)))));

    /// <summary><see cref="WeightFormat.ToBFloat16"/> in every lane, as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L ToBFloat16(L x)
    {
        var even = L.ShiftRightLogical(x, 16) & L.CreateInt(1);
        var rounded = L.AddInt(L.AddInt(x, L.CreateInt(0x7FFF)), even) & L.CreateInt(unchecked((int)0xFFFF0000));
        var infinite = L.EqualInt(Magnitude(rounded), L.CreateInt(0x7F800000));
        return L.SubtractInt(rounded, infinite & L.CreateInt(0x10000));
    }

    /// <summary><see cref="Float8.FromFloat"/> in every lane, as the magnitude of the float32 that it stands for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Nearest(L magnitude)
    {
        var even = L.ShiftRightLogical(magnitude, 20) & L.CreateInt(1);
        var normal = L.AddInt(L.AddInt(magnitude, L.CreateInt(0x7FFFF)), even) & L.CreateInt(unchecked((int)0xFFF00000));
        normal = L.Min(normal, L.Create(Float8.Largest));
        // The unit of 2¹⁴'s last place is 2⁻⁹.
        var subnormal = magnitude + L.Create(16384) - L.Create(16384);
        return L.Select(L.GreaterThanInt(magnitude, L.CreateInt((int)Float8.SmallestNormal - 1)), normal, subnormal);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L ToFloat8(L x) => Nearest(Magnitude(x)) | L.AndNot(x, L.CreateInt(0x7FFFFFFF));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Code(L x)
    {
        var rounded = Nearest(Magnitude(x));
        var normal = L.SubtractInt(L.ShiftRightLogical(rounded, 20), L.CreateInt(Float8.Rebase));
        var subnormal = L.ToIntTruncated(rounded * L.Create(512));
        var code = L.Select(L.GreaterThanInt(rounded, L.CreateInt((int)Float8.SmallestNormal - 1)), normal, subnormal);
        return code | (L.ShiftRightLogical(x, 24) & L.CreateInt(0x80));
    }

    /// <summary><see cref="Float8.ToFloat"/> in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Value(L code)
    {
        var magnitude = code & L.CreateInt(0x7F);
        var value = L.ShiftLeft(magnitude, 20) * L.CreateInt(127 + 120 << 23);
        value = L.Select(L.EqualInt(magnitude, L.CreateInt(0x7F)), L.CreateInt(0x7FC00000), value);
        return value | L.ShiftLeft(code & L.CreateInt(0x80), 24);
    }
}
