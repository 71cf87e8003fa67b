namespace DistZO.Devices.Cpu.Simd;

/// <summary>
/// 512 bits seen as 16 float32, 16 int32 or 8 uint64 lanes, lane 0 at the lowest address. Kernels are written once against this and
/// the JIT specializes them for each struct, so every width runs the same operations on the same lanes and gives the same bits.
/// All operations are IEEE 754 with round to nearest even; nothing is an estimate and nothing is contracted.
/// </summary>
internal unsafe interface ILanes<TSelf> where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Lanes of 32 bits.</summary>
    const int Count = 16;

    static abstract TSelf Zero { get; }

    /// <summary>64 bytes, at any address.</summary>
    static abstract TSelf Load(void* source);

    /// <summary>64 bytes, at any address.</summary>
    static abstract void Store(void* destination, TSelf x);

    /// <summary>16 uint16, zero-extended to 32 bits.</summary>
    static abstract TSelf LoadWidened(ushort* source);

    /// <summary>The low 16 bits of each 32-bit lane.</summary>
    static abstract void StoreNarrowed(ushort* destination, TSelf x);

    /// <summary>The same float in all lanes.</summary>
    static abstract TSelf Create(float value);

    /// <summary>The same 32 bits in all lanes.</summary>
    static abstract TSelf CreateInt(int value);

    /// <summary>The same 64 bits in all lanes.</summary>
    static abstract TSelf Create64(ulong value);

    // float32

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a·b + c, rounded once on every tier.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Sqrt(TSelf x);

    /// <summary>IEEE 754-2019 maximum: NaN if either is NaN, +0 above −0.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>IEEE 754-2019 minimum: NaN if either is NaN, −0 below +0.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>All ones where a &gt; b; zero otherwise, also for NaN.</summary>
    static abstract TSelf GreaterThan(TSelf a, TSelf b);

    /// <summary>All ones where a &lt; b; zero otherwise, also for NaN.</summary>
    static abstract TSelf LessThan(TSelf a, TSelf b);

    /// <summary>All ones where a = b; zero otherwise, also for NaN. <c>Equal(x, x)</c> finds the lanes that are not NaN.</summary>
    static abstract TSelf Equal(TSelf a, TSelf b);

    /// <summary>Bits of <paramref name="a"/> where the mask is one, of <paramref name="b"/> where it is zero.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>The sum of all lanes by one tree: lane i + lane i+8, then i+4, i+2, i+1.</summary>
    static abstract float Sum(TSelf x);

    /// <summary>The maximum of all lanes (NaN if any is).</summary>
    static abstract float MaxAcross(TSelf x);

    // bits

    static abstract TSelf operator &(TSelf a, TSelf b);

    static abstract TSelf operator |(TSelf a, TSelf b);

    static abstract TSelf operator ^(TSelf a, TSelf b);

    /// <summary>a &amp; ~b.</summary>
    static abstract TSelf AndNot(TSelf a, TSelf b);

    /// <summary>a ^ b ^ c, one instruction where there is one.</summary>
    static abstract TSelf Xor3(TSelf a, TSelf b, TSelf c);

    // int32

    static abstract TSelf AddInt(TSelf a, TSelf b);

    static abstract TSelf SubtractInt(TSelf a, TSelf b);

    /// <summary>The low 32 bits of each product.</summary>
    static abstract TSelf MultiplyInt(TSelf a, TSelf b);

    static abstract TSelf ShiftLeft(TSelf x, int count);

    static abstract TSelf ShiftRightLogical(TSelf x, int count);

    static abstract TSelf ShiftRightArithmetic(TSelf x, int count);

    /// <summary>All ones where a = b as int32.</summary>
    static abstract TSelf EqualInt(TSelf a, TSelf b);

    /// <summary>All ones where a &gt; b as signed int32.</summary>
    static abstract TSelf GreaterThanInt(TSelf a, TSelf b);

    /// <summary>int32 to float32, to nearest even.</summary>
    static abstract TSelf ToFloat(TSelf x);

    /// <summary>float32 to int32, towards zero. Requires |x| &lt; 2³¹: what is outside depends on the processor.</summary>
    static abstract TSelf ToIntTruncated(TSelf x);

    /// <summary>float32 to int32, to nearest even. Requires |x| &lt; 2³¹: what is outside depends on the processor.</summary>
    static abstract TSelf ToIntNearest(TSelf x);

    // uint64, for Philox

    static abstract TSelf Add64(TSelf a, TSelf b);

    /// <summary>The full 64-bit products of the low halves of the 64-bit lanes.</summary>
    static abstract TSelf MultiplyEven(TSelf a, TSelf b);

    static abstract TSelf ShiftLeft64(TSelf x, int count);

    static abstract TSelf ShiftRight64(TSelf x, int count);

    // order of lanes

    /// <summary>e0, o0, e1, o1, … e7, o7.</summary>
    static abstract TSelf InterleaveLow(TSelf even, TSelf odd);

    /// <summary>e8, o8, e9, o9, … e15, o15.</summary>
    static abstract TSelf InterleaveHigh(TSelf even, TSelf odd);
}
