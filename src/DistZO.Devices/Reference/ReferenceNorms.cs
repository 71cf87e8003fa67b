namespace DistZO.Devices;

/// <summary>The normalizations of cpu-v1 for one row; y may be x.</summary>
internal static class ReferenceNorms
{
    /// <summary>y = (x − mean)/√(var + epsilon)·scale + shift; without scale or shift where null.</summary>
    public static void LayerNorm(ReadOnlySpan<float> x, float[]? scale, float[]? shift, float epsilon, Span<float> y)
    {
        var sum = new PartialSums();
        for (var i = 0; i < x.Length; i++) sum.Add(i, x[i]);
        var mean = sum.Total() / x.Length;
        var squares = new PartialSums();
        for (var i = 0; i < x.Length; i++) squares.AddProduct(i, x[i] - mean, x[i] - mean);
        var inverse = 1f / MathF.Sqrt((squares.Total() / x.Length) + epsilon);
        for (var i = 0; i < x.Length; i++)
        {
            var v = (x[i] - mean) * inverse;
            if (scale is not null) v *= scale[i];
            if (shift is not null) v += shift[i];
            y[i] = v;
        }
    }

    /// <summary>y = x/√(mean(x²) + epsilon)·scale.</summary>
    public static void RmsNorm(ReadOnlySpan<float> x, float[] scale, float epsilon, Span<float> y)
    {
        var squares = new PartialSums();
        for (var i = 0; i < x.Length; i++) squares.AddProduct(i, x[i], x[i]);
        var inverse = 1f / MathF.Sqrt((squares.Total() / x.Length) + epsilon);
        for (var i = 0; i < x.Length; i++) y[i] = x[i] * inverse * scale[i];
    }
}
