using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Weights;

/// <summary>One number format of stored weights, as kernels see it: 16 elements to and from float32 lanes.</summary>
internal unsafe interface IStoredWeights
{
    static abstract WeightType Type { get; }

    /// <summary>Elements index … index + 15 of the tensor at <paramref name="weights"/> as float32, exact.</summary>
    static abstract L Load<L>(void* weights, long index) where L : unmanaged, ILanes<L>;

    /// <summary>Stores values that the format holds exactly.</summary>
    static abstract void Store<L>(void* weights, long index, L x) where L : unmanaged, ILanes<L>;

    /// <summary>What an updated value becomes in the format; <paramref name="bits"/>: 16 random bits a lane (float32 has no use).</summary>
    static abstract L Round<L>(L x, L bits) where L : unmanaged, ILanes<L>;
}

/// <summary>binary32; the store caps ±∞ at the largest finite value.</summary>
internal readonly unsafe struct StoredFloat32 : IStoredWeights
{
    public static WeightType Type => WeightType.Float32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Load<L>(void* weights, long index) where L : unmanaged, ILanes<L> => L.Load((float*)weights + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L>(void* weights, long index, L x) where L : unmanaged, ILanes<L> => L.Store((float*)weights + index, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Round<L>(L x, L bits) where L : unmanaged, ILanes<L>
    {
        // The bits below those of infinity are the largest finite value's; a mask is −1.
        var infinite = L.EqualInt(x & L.CreateInt(0x7FFFFFFF), L.CreateInt(0x7F800000));
        return L.AddInt(x, infinite);
    }
}

/// <summary>bfloat16, stored by stochastic rounding: <see cref="StochasticRounding.ToBFloat16"/> in every lane.</summary>
internal readonly unsafe struct StoredBFloat16 : IStoredWeights
{
    public static WeightType Type => WeightType.BFloat16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Load<L>(void* weights, long index) where L : unmanaged, ILanes<L> =>
        L.ShiftLeft(L.LoadWidened((ushort*)weights + index), 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L>(void* weights, long index, L x) where L : unmanaged, ILanes<L> =>
        L.StoreNarrowed((ushort*)weights + index, L.ShiftRightLogical(x, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Round<L>(L x, L bits) where L : unmanaged, ILanes<L>
    {
        // No carry can reach the sign: the largest magnitude is infinity's. What rounds to infinity goes one unit down.
        var rounded = L.AddInt(x, bits) & L.CreateInt(unchecked((int)0xFFFF0000));
        var infinite = L.EqualInt(rounded & L.CreateInt(0x7FFFFFFF), L.CreateInt(0x7F800000));
        return L.SubtractInt(rounded, infinite & L.CreateInt(0x10000));
    }
}

/// <summary>binary16, stored by stochastic rounding: <see cref="StochasticRounding.ToFloat16"/> in every lane.</summary>
internal readonly unsafe struct StoredFloat16 : IStoredWeights
{
    private const int LargestAsFloat = 0x477FE000;

    public static WeightType Type => WeightType.Float16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Load<L>(void* weights, long index) where L : unmanaged, ILanes<L>
    {
        // With the fields moved into place the value is too small by 2¹¹², subnormals too: one exact multiplication mends both.
        var h = L.LoadWidened((ushort*)weights + index);
        var magnitude = L.ShiftLeft(h & L.CreateInt(0x7FFF), 13) * L.CreateInt(127 + 112 << 23);
        return magnitude | L.ShiftLeft(h & L.CreateInt(0x8000), 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L>(void* weights, long index, L x) where L : unmanaged, ILanes<L>
    {
        var magnitude = x & L.CreateInt(0x7FFFFFFF);
        var normal = L.ShiftRightLogical(L.SubtractInt(magnitude, L.CreateInt(112 << 23)), 13);
        var subnormal = L.ToIntTruncated(magnitude * L.CreateInt(127 + 24 << 23));
        var isNormal = L.GreaterThanInt(magnitude, L.CreateInt((int)StochasticRounding.SmallestNormalFloat16 - 1));
        var sign = L.ShiftRightLogical(x, 16) & L.CreateInt(0x8000);
        L.StoreNarrowed((ushort*)weights + index, sign | L.Select(isNormal, normal, subnormal));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Round<L>(L x, L bits) where L : unmanaged, ILanes<L>
    {
        var magnitude = x & L.CreateInt(0x7FFFFFFF);
        var normal = L.AddInt(magnitude, L.ShiftRightLogical(bits, 3)) & L.CreateInt(unchecked((int)0xFFFFE000));
        normal = L.Select(L.GreaterThanInt(normal, L.CreateInt(LargestAsFloat)), L.CreateInt(LargestAsFloat), normal);

        // Subnormal: ⌊|x|·2⁴⁰⌋ + r in units of 2⁻⁴⁰, cut to units of 2⁻²⁴. All steps are exact below 2⁻¹⁴; other lanes are not used.
        var units = L.ShiftRightLogical(L.AddInt(L.ToIntTruncated(magnitude * L.CreateInt(127 + 40 << 23)), bits), 16);
        var subnormal = L.ToFloat(units) * L.CreateInt(127 - 24 << 23);
        var isNormal = L.GreaterThanInt(magnitude, L.CreateInt((int)StochasticRounding.SmallestNormalFloat16 - 1));
        return L.Select(isNormal, normal, subnormal) | L.AndNot(x, L.CreateInt(0x7FFFFFFF));
    }
}
