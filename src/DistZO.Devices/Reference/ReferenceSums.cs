namespace DistZO.Devices;

/// <summary>The sums of cpu-v1 in plain loops.</summary>
internal static class ReferenceSums
{
    /// <summary>
    /// Chains of fused multiply-adds over chunks of the index, each from zero; the chunks are added up in order. a and b begin at index
    /// <paramref name="first"/>, which may lie inside a chunk.
    /// </summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int chunk, int first = 0)
    {
        var total = 0f;
        for (var start = 0; start < a.Length;)
        {
            var end = Math.Min(a.Length, start + chunk - ((first + start) % chunk));
            var sum = 0f;
            for (var i = start; i < end; i++) sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
            total = start == 0 ? sum : total + sum;
            start = end;
        }

        return total;
    }

    /// <summary>The first value, replaced by each later one that is greater.</summary>
    public static float Max(ReadOnlySpan<float> values)
    {
        var max = values[0];
        foreach (var v in values[1..]) max = v > max ? v : max;
        return max;
    }

    /// <summary>Replaces each value by e^(value − max) and returns the sum; the first has index <paramref name="first"/>.</summary>
    public static float Exponentials(Span<float> values, int first = 0)
    {
        var max = Max(values);
        var sum = new PartialSums();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ScalarMath.Exp(values[i] - max);
            sum.Add(first + i, values[i]);
        }

        return sum.Total();
    }
}
