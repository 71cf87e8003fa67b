namespace DistZO.Devices;

/// <summary>
/// What folding commits does to weights, one element at a time: the specification of every device's fold kernel. An update's
/// arithmetic is in <see cref="WeightUpdate"/>; pending updates follow one another, each with its own store rounding.
/// </summary>
public static unsafe class FoldReference
{
    /// <summary>Applies updates in order to elements [start, start + count) of a tensor.</summary>
    /// <param name="weights">The tensor's element 0.</param>
    /// <param name="type">Its number format.</param>
    /// <param name="ordinal">Its position in the layout.</param>
    /// <param name="decays">Whether its role has weight decay.</param>
    /// <param name="start">The first element.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="updates">The pending updates; one without directions is a skipped step and does nothing.</param>
    public static void Apply(
        void* weights, WeightType type, uint ordinal, bool decays, long start, long count, ReadOnlySpan<WeightUpdate> updates)
    {
        for (var index = start; index < start + count; index++)
        {
            foreach (var update in updates)
            {
                if (update.Directions.Length == 0) continue;
                var x = Step(WeightFormat.Read(weights, type, index), ordinal, decays, index, update);
                if (type == WeightType.Float32)
                {
                    ((float*)weights)[index] = Cap(x);
                    continue;
                }

                var r = RoundingBits.At(update.Directions[0].Seed, ordinal, index);
                ((ushort*)weights)[index] =
                    type == WeightType.BFloat16 ? StochasticRounding.ToBFloat16(x, r) : StochasticRounding.ToFloat16(x, r);
            }
        }
    }

    /// <summary>One update of one value, before the store.</summary>
    public static float Step(float x, uint ordinal, bool decays, long index, WeightUpdate update)
    {
        if (decays) x *= update.Decay;
        foreach (var direction in update.Directions)
            x = MathF.FusedMultiplyAdd(direction.Coefficient, Gaussian.At(direction.Seed, ordinal, index), x);
        return x;
    }

    /// <summary>The float32 store: ±∞ becomes the largest finite value.</summary>
    public static float Cap(float x) => float.IsInfinity(x) ? MathF.CopySign(float.MaxValue, x) : x;
}
