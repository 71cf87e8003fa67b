using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DistZO.Devices.Cpu.Simd;

/// <summary>
/// Four 128-bit registers, written on <see cref="Vector128{T}"/>: the Arm64 NEON form, which also runs on x64 with AVX off, so that it
/// is tested there.
/// </summary>
internal readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> _a;
    private readonly Vector128<float> _b;
    private readonly Vector128<float> _c;
    private readonly Vector128<float> _d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        _a = a;
        _b = b;
        _c = c;
        _d = d;
    }

    public static Lanes128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(void* source) =>
        new(
            Vector128.Load((float*)source),
            Vector128.Load((float*)source + 4),
            Vector128.Load((float*)source + 8),
            Vector128.Load((float*)source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* destination, Lanes128 x)
    {
        x._a.Store((float*)destination);
        x._b.Store((float*)destination + 4);
        x._c.Store((float*)destination + 8);
        x._d.Store((float*)destination + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadWidened(ushort* source)
    {
        var low = Vector128.Load(source);
        var high = Vector128.Load(source + 8);
        return new(
            Vector128.WidenLower(low).AsSingle(),
            Vector128.WidenUpper(low).AsSingle(),
            Vector128.WidenLower(high).AsSingle(),
            Vector128.WidenUpper(high).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNarrowed(ushort* destination, Lanes128 x)
    {
        Vector128.Narrow(x._a.AsUInt32(), x._b.AsUInt32()).Store(destination);
        Vector128.Narrow(x._c.AsUInt32(), x._d.AsUInt32()).Store(destination + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create(float value)
    {
        var v = Vector128.Create(value);
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 CreateInt(int value)
    {
        var v = Vector128.Create(value).AsSingle();
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create64(ulong value)
    {
        var v = Vector128.Create(value).AsSingle();
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a._a + b._a, a._b + b._b, a._c + b._c, a._d + b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(a._a - b._a, a._b - b._b, a._c - b._c, a._d - b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a._a * b._a, a._b * b._b, a._c * b._c, a._d * b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(a._a / b._a, a._b / b._b, a._c / b._c, a._d / b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Fma(Lanes128 a, Lanes128 b, Lanes128 c) =>
        new(
            Vector128.FusedMultiplyAdd(a._a, b._a, c._a),
            Vector128.FusedMultiplyAdd(a._b, b._b, c._b),
            Vector128.FusedMultiplyAdd(a._c, b._c, c._c),
            Vector128.FusedMultiplyAdd(a._d, b._d, c._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Sqrt(Lanes128 x) =>
        new(Vector128.Sqrt(x._a), Vector128.Sqrt(x._b), Vector128.Sqrt(x._c), Vector128.Sqrt(x._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.Max(a._a, b._a),
            Vector128.Max(a._b, b._b),
            Vector128.Max(a._c, b._c),
            Vector128.Max(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Min(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.Min(a._a, b._a),
            Vector128.Min(a._b, b._b),
            Vector128.Min(a._c, b._c),
            Vector128.Min(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 GreaterThan(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.GreaterThan(a._a, b._a),
            Vector128.GreaterThan(a._b, b._b),
            Vector128.GreaterThan(a._c, b._c),
            Vector128.GreaterThan(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LessThan(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.LessThan(a._a, b._a),
            Vector128.LessThan(a._b, b._b),
            Vector128.LessThan(a._c, b._c),
            Vector128.LessThan(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Equal(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.Equals(a._a, b._a),
            Vector128.Equals(a._b, b._b),
            Vector128.Equals(a._c, b._c),
            Vector128.Equals(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 a, Lanes128 b) =>
        new(
            Vector128.ConditionalSelect(mask._a, a._a, b._a),
            Vector128.ConditionalSelect(mask._b, a._b, b._b),
            Vector128.ConditionalSelect(mask._c, a._c, b._c),
            Vector128.ConditionalSelect(mask._d, a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 x) => LaneTree.Sum((x._a + x._c) + (x._b + x._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(Lanes128 x) => LaneTree.Max(Vector128.Max(Vector128.Max(x._a, x._c), Vector128.Max(x._b, x._d)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator &(Lanes128 a, Lanes128 b) => new(a._a & b._a, a._b & b._b, a._c & b._c, a._d & b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator |(Lanes128 a, Lanes128 b) => new(a._a | b._a, a._b | b._b, a._c | b._c, a._d | b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator ^(Lanes128 a, Lanes128 b) => new(a._a ^ b._a, a._b ^ b._b, a._c ^ b._c, a._d ^ b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AndNot(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.AndNot(a._a, b._a),
            Vector128.AndNot(a._b, b._b),
            Vector128.AndNot(a._c, b._c),
            Vector128.AndNot(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Xor3(Lanes128 a, Lanes128 b, Lanes128 c) =>
        new(a._a ^ b._a ^ c._a, a._b ^ b._b ^ c._b, a._c ^ b._c ^ c._c, a._d ^ b._d ^ c._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddInt(Lanes128 a, Lanes128 b) =>
        new(
            (a._a.AsInt32() + b._a.AsInt32()).AsSingle(),
            (a._b.AsInt32() + b._b.AsInt32()).AsSingle(),
            (a._c.AsInt32() + b._c.AsInt32()).AsSingle(),
            (a._d.AsInt32() + b._d.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SubtractInt(Lanes128 a, Lanes128 b) =>
        new(
            (a._a.AsInt32() - b._a.AsInt32()).AsSingle(),
            (a._b.AsInt32() - b._b.AsInt32()).AsSingle(),
            (a._c.AsInt32() - b._c.AsInt32()).AsSingle(),
            (a._d.AsInt32() - b._d.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyInt(Lanes128 a, Lanes128 b) =>
        new(
            (a._a.AsInt32() * b._a.AsInt32()).AsSingle(),
            (a._b.AsInt32() * b._b.AsInt32()).AsSingle(),
            (a._c.AsInt32() * b._c.AsInt32()).AsSingle(),
            (a._d.AsInt32() * b._d.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeft(Lanes128 x, int count) =>
        new(
            (x._a.AsInt32() << count).AsSingle(),
            (x._b.AsInt32() << count).AsSingle(),
            (x._c.AsInt32() << count).AsSingle(),
            (x._d.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightLogical(Lanes128 x, int count) =>
        new(
            (x._a.AsInt32() >>> count).AsSingle(),
            (x._b.AsInt32() >>> count).AsSingle(),
            (x._c.AsInt32() >>> count).AsSingle(),
            (x._d.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightArithmetic(Lanes128 x, int count) =>
        new(
            (x._a.AsInt32() >> count).AsSingle(),
            (x._b.AsInt32() >> count).AsSingle(),
            (x._c.AsInt32() >> count).AsSingle(),
            (x._d.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 EqualInt(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.Equals(a._a.AsInt32(), b._a.AsInt32()).AsSingle(),
            Vector128.Equals(a._b.AsInt32(), b._b.AsInt32()).AsSingle(),
            Vector128.Equals(a._c.AsInt32(), b._c.AsInt32()).AsSingle(),
            Vector128.Equals(a._d.AsInt32(), b._d.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 GreaterThanInt(Lanes128 a, Lanes128 b) =>
        new(
            Vector128.GreaterThan(a._a.AsInt32(), b._a.AsInt32()).AsSingle(),
            Vector128.GreaterThan(a._b.AsInt32(), b._b.AsInt32()).AsSingle(),
            Vector128.GreaterThan(a._c.AsInt32(), b._c.AsInt32()).AsSingle(),
            Vector128.GreaterThan(a._d.AsInt32(), b._d.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ToFloat(Lanes128 x) =>
        new(
            Vector128.ConvertToSingle(x._a.AsInt32()),
            Vector128.ConvertToSingle(x._b.AsInt32()),
            Vector128.ConvertToSingle(x._c.AsInt32()),
            Vector128.ConvertToSingle(x._d.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ToIntTruncated(Lanes128 x) =>
        new(
            Width128.ToIntTruncated(x._a),
            Width128.ToIntTruncated(x._b),
            Width128.ToIntTruncated(x._c),
            Width128.ToIntTruncated(x._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ToIntNearest(Lanes128 x) =>
        new(
            Width128.ToIntNearest(x._a),
            Width128.ToIntNearest(x._b),
            Width128.ToIntNearest(x._c),
            Width128.ToIntNearest(x._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Add64(Lanes128 a, Lanes128 b) =>
        new(
            (a._a.AsUInt64() + b._a.AsUInt64()).AsSingle(),
            (a._b.AsUInt64() + b._b.AsUInt64()).AsSingle(),
            (a._c.AsUInt64() + b._c.AsUInt64()).AsSingle(),
            (a._d.AsUInt64() + b._d.AsUInt64()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyEven(Lanes128 a, Lanes128 b) =>
        new(
            Width128.MultiplyEven(a._a, b._a),
            Width128.MultiplyEven(a._b, b._b),
            Width128.MultiplyEven(a._c, b._c),
            Width128.MultiplyEven(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeft64(Lanes128 x, int count) =>
        new(
            (x._a.AsUInt64() << count).AsSingle(),
            (x._b.AsUInt64() << count).AsSingle(),
            (x._c.AsUInt64() << count).AsSingle(),
            (x._d.AsUInt64() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRight64(Lanes128 x, int count) =>
        new(
            (x._a.AsUInt64() >>> count).AsSingle(),
            (x._b.AsUInt64() >>> count).AsSingle(),
            (x._c.AsUInt64() >>> count).AsSingle(),
            (x._d.AsUInt64() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 InterleaveLow(Lanes128 even, Lanes128 odd) => new(
        Width128.InterleaveLow(even._a, odd._a),
        Width128.InterleaveHigh(even._a, odd._a),
        Width128.InterleaveLow(even._b, odd._b),
        Width128.InterleaveHigh(even._b, odd._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 InterleaveHigh(Lanes128 even, Lanes128 odd) => new(
        Width128.InterleaveLow(even._c, odd._c),
        Width128.InterleaveHigh(even._c, odd._c),
        Width128.InterleaveLow(even._d, odd._d),
        Width128.InterleaveHigh(even._d, odd._d));
}
