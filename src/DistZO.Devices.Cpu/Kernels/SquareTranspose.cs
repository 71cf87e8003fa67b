using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>Transposes 16 × 16 floats.</summary>
internal static unsafe class SquareTranspose<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Rows and columns.</summary>
    public const int Size = ILanes<TLanes>.Count;

    /// <summary>
    /// Reads 16 rows at <paramref name="source"/>, <paramref name="sourceStride"/> floats apart, and writes the first
    /// <paramref name="rows"/> of the 16 columns as rows to <paramref name="destination"/>. Each of four rounds interleaves row i with row
    /// i + 8, which turns the eight bits of (row, column) by one place.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, int sourceStride, float* destination, int destinationStride, int rows)
    {
        var first = stackalloc float[Size * Size];
        var second = stackalloc float[Size * Size];
        Round(source, sourceStride, first);
        Round(first, Size, second);
        Round(second, Size, first);
        Round(first, Size, second);
        for (var r = 0; r < rows; r++) TLanes.Store(destination + (r * destinationStride), TLanes.Load(second + (r * Size)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(float* from, int stride, float* to)
    {
        for (var i = 0; i < Size / 2; i++)
        {
            var (a, b) = (TLanes.Load(from + (i * stride)), TLanes.Load(from + ((i + (Size / 2)) * stride)));
            TLanes.Store(to + (2 * i * Size), TLanes.InterleaveLow(a, b));
            TLanes.Store(to + (((2 * i) + 1) * Size), TLanes.InterleaveHigh(a, b));
        }
    }
}
