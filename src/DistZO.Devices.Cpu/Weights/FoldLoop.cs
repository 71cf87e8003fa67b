using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Perturbation;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Weights;

/// <summary>
/// The loop of <see cref="FoldKernel"/> for one width and one number format. A chunk of weights is read once into a float32 buffer
/// that stays in the first-level cache, takes all updates there (each with the rounding of its store), and is written once. The
/// buffer starts at a multiple of 64 elements: that is eight blocks of rounding bits and twice eight blocks of z.
/// </summary>
[SkipLocalsInit]
internal static unsafe class FoldLoop<L, W>
    where L : unmanaged, ILanes<L>
    where W : struct, IStoredWeights
{
    private const int Chunk = 2048;
    private const int Block = 64;
    private const int Half = 32;

    public static void Run(void* theta, uint ordinal, bool decays, long start, int count, ReadOnlySpan<WeightUpdate> updates)
    {
        var buffer = stackalloc float[Chunk];
        var end = start + count;
        for (var index = start & -Block; index < end;)
        {
            // Chunks end at multiples of their size, so the counter's high word is the same in all of a chunk. Elements of the buffer
            // outside of [first, last) are zero; they take part and are dropped.
            var next = (index & -Chunk) + Chunk;
            var first = long.Max(index, start);
            var last = long.Min(next, end);
            // Whole blocks of float32 are their own buffer.
            var isInPlace = W.Type == WeightType.Float32 && first == index && last % Block == 0;
            var x = isInPlace ? (float*)theta + index : buffer;
            if (!isInPlace) Read(theta, index, first, last, buffer);
            foreach (var update in updates)
                if (update.Directions.Length > 0) Apply(x, ordinal, decays, index, (int)(last - index), update);
            if (!isInPlace) Write(theta, index, first, last, buffer);
            index = next;
        }
    }

    private static void Apply(float* buffer, uint ordinal, bool decays, long index, int length, WeightUpdate update)
    {
        var directions = update.Directions;
        for (var d = 0; d < directions.Length; d++)
        {
            var stores = W.Type == WeightType.Float32 && d == directions.Length - 1;
            AddDirection(buffer, ordinal, index, length, directions[d], d == 0 && decays, update.Decay, stores);
        }

        if (W.Type != WeightType.Float32) Round(buffer, ordinal, index, length, directions[0].Seed);
    }

    /// <summary>x = fma(a, z, x), before that x·k where it decays; the last direction of a float32 tensor stores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddDirection(
        float* buffer, uint ordinal, long index, int length, UpdateDirection direction, bool decays, float decay, bool stores)
    {
        var table = stackalloc L[PhiloxLanes<L>.TableLength];
        GaussianLanes<L>.Prepare(table, direction.Seed, ordinal, PhiloxStream.Gaussian, index);
        for (var i = 0; i < length; i += Half)
        {
            GaussianLanes<L>.Next(table, index + i, out var z0, out var z1);
            var x0 = L.Load(buffer + i);
            var x1 = L.Load(buffer + i + ILanes<L>.Count);
            if (decays)
            {
                x0 *= L.Create(decay);
                x1 *= L.Create(decay);
            }

            var a = L.Create(direction.Coefficient);
            x0 = L.Fma(a, z0, x0);
            x1 = L.Fma(a, z1, x1);
            if (stores)
            {
                x0 = W.Round(x0, L.Zero);
                x1 = W.Round(x1, L.Zero);
            }

            L.Store(buffer + i, x0);
            L.Store(buffer + i + ILanes<L>.Count, x1);
        }
    }

    /// <summary>The store of a 16-bit format, as the float32 that would be read back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round(float* buffer, uint ordinal, long index, int length, ulong seed)
    {
        var table = stackalloc L[PhiloxLanes<L>.TableLength];
        var bits = stackalloc ushort[Block];
        PhiloxLanes<L>.Prepare(table, seed, ordinal, PhiloxStream.Rounding, (uint)(index >> 35));
        for (var i = 0; i < length; i += Block)
        {
            // Words in the order of memory are 16-bit numbers in the order of elements.
            PhiloxLanes<L>.Block(table, PhiloxLanes<L>.Counters(table, (ulong)(index + i) >> 3), out var first, out var second);
            L.Store(bits, L.InterleaveLow(first, second));
            L.Store(bits + Half, L.InterleaveHigh(first, second));
            for (var j = 0; j < Block; j += ILanes<L>.Count)
                L.Store(buffer + i + j, W.Round(L.Load(buffer + i + j), L.LoadWidened(bits + j)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Read(void* theta, long index, long first, long last, float* buffer)
    {
        if (first > index) new Span<float>(buffer, (int)(first - index)).Clear();
        var i = first;
        for (; i <= last - ILanes<L>.Count; i += ILanes<L>.Count) L.Store(buffer + (i - index), W.Load<L>(theta, i));
        for (; i < last; i++) buffer[i - index] = WeightFormat.Read(theta, W.Type, i);
        // Up to the end of the block: nothing behind it is looked at.
        new Span<float>(buffer + (last - index), (int)(-(last - index) & (Block - 1))).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(void* theta, long index, long first, long last, float* buffer)
    {
        var i = first;
        for (; i <= last - ILanes<L>.Count; i += ILanes<L>.Count) W.Store(theta, i, L.Load(buffer + (i - index)));
        if (i == last) return;

        // The values are exact in the format, so the scalar conversion (to nearest) stores the same bits.
        for (; i < last; i++)
        {
            var x = buffer[i - index];
            switch (W.Type)
            {
                case WeightType.Float32: ((float*)theta)[i] = x; break;
                case WeightType.BFloat16: ((ushort*)theta)[i] = WeightFormat.ToBFloat16(x); break;
                default: ((ushort*)theta)[i] = WeightFormat.ToFloat16(x); break;
            }
        }
    }
}
