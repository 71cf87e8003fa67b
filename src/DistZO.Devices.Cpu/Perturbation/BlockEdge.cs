using System.Runtime.CompilerServices;

namespace DistZO.Devices.Cpu.Perturbation;

/// <summary>The first and last block of a range that does not start or end at a multiple of 32 go through a small buffer.</summary>
internal static unsafe class BlockEdge
{
    /// <summary>Copies the part of a block that lies in the range [start, end) to its place; to[0] is element start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyOut(float* block, long index, float* to, long start, long end)
    {
        var first = long.Max(index, start);
        var last = long.Min(index + 32, end);
        for (var i = first; i < last; i++) to[i - start] = block[i - index];
    }

    /// <summary>Weights of the part of a block that lies in [start, end) as float32, zero elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadWeights(void* weights, WeightType type, long index, float* block, long start, long end)
    {
        new Span<float>(block, 32).Clear();
        var first = long.Max(index, start);
        var last = long.Min(index + 32, end);
        for (var i = first; i < last; i++) block[i - index] = WeightFormat.Read(weights, type, i);
    }
}
