namespace DistZO.Devices;

/// <summary>The Gaussian z of philox-v1: a pure function of (seed, tensor ordinal, flat index), the same on every device.</summary>
public static class Gaussian
{
    /// <summary>Element <paramref name="index"/> of z.</summary>
    /// <param name="seed">The seed of the direction.</param>
    /// <param name="ordinal">The tensor's position in the layout.</param>
    /// <param name="index">The flat row-major position in the tensor.</param>
    /// <param name="stream"><see cref="PhiloxStream.Gaussian"/>, or <see cref="PhiloxStream.InitialValues"/> for starting values.</param>
    public static float At(ulong seed, uint ordinal, long index, PhiloxStream stream = PhiloxStream.Gaussian)
    {
        var (w0, w1, w2, w3) = Philox.Block(seed, (ulong)index >> 2, ordinal, stream);
        var (even, odd) = (index & 2) == 0 ? BoxMuller.Pair(w0, w1) : BoxMuller.Pair(w2, w3);
        return (index & 1) == 0 ? even : odd;
    }

    /// <summary>Elements <paramref name="start"/>, start + 1, … of z.</summary>
    public static void Fill(ulong seed, uint ordinal, long start, Span<float> z, PhiloxStream stream = PhiloxStream.Gaussian)
    {
        Span<float> four = stackalloc float[4];
        for (var i = 0; i < z.Length;)
        {
            var index = start + i;
            var (w0, w1, w2, w3) = Philox.Block(seed, (ulong)index >> 2, ordinal, stream);
            (four[0], four[1]) = BoxMuller.Pair(w0, w1);
            (four[2], four[3]) = BoxMuller.Pair(w2, w3);
            for (var lane = (int)(index & 3); lane < 4 && i < z.Length; lane++) z[i++] = four[lane];
        }
    }
}
