using System.Runtime.CompilerServices;

namespace DistZO.Devices;

/// <summary>The reduction of cpu-v1: 16 partial sums, element i goes to partial i mod 16, then one tree.</summary>
internal struct PartialSums
{
    private Sums _sums;

    public void Add(int index, float x) => _sums[index % CpuArithmetic.PartialSums] += x;

    public void AddProduct(int index, float a, float b)
    {
        ref var sum = ref _sums[index % CpuArithmetic.PartialSums];
        sum = MathF.FusedMultiplyAdd(a, b, sum);
    }

    /// <summary>i with i+8, i+4, i+2, i+1.</summary>
    public readonly float Total()
    {
        var sums = _sums;
        for (var half = CpuArithmetic.PartialSums / 2; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++) sums[i] += sums[i + half];
        }

        return sums[0];
    }

    [InlineArray(CpuArithmetic.PartialSums)]
    private struct Sums
    {
        private float _first;
    }
}
