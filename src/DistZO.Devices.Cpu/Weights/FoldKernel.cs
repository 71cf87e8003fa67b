using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Weights;

/// <summary>
/// Folds commits into a range of a tensor: all pending updates in one pass over memory, the same bits as
/// <see cref="FoldReference"/>, whatever the width and wherever the range is cut.
/// </summary>
internal static unsafe class FoldKernel
{
    /// <summary>Applies the updates in order to elements [start, start + count); overwrites them.</summary>
    /// <param name="theta">The tensor's element 0.</param>
    /// <param name="type">Its number format.</param>
    /// <param name="ordinal">Its position in the layout.</param>
    /// <param name="decays">Whether its role has weight decay.</param>
    /// <param name="start">The first element.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="updates">The pending updates; one without directions is a skipped step.</param>
    public static void Apply(
        void* theta, WeightType type, uint ordinal, bool decays, long start, int count, ReadOnlySpan<WeightUpdate> updates)
    {
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: Apply<Lanes512>(theta, type, ordinal, decays, start, count, updates); break;
            case SimdTier.V256: Apply<Lanes256>(theta, type, ordinal, decays, start, count, updates); break;
            case SimdTier.V128: Apply<Lanes128>(theta, type, ordinal, decays, start, count, updates); break;
            default: FoldReference.Apply(theta, type, ordinal, decays, start, count, updates); break;
        }
    }

    private static void Apply<L>(
        void* theta, WeightType type, uint ordinal, bool decays, long start, int count, ReadOnlySpan<WeightUpdate> updates)
        where L : unmanaged, ILanes<L>
    {
        switch (type)
        {
            case WeightType.Float32: FoldLoop<L, StoredFloat32>.Run(theta, ordinal, decays, start, count, updates); break;
            case WeightType.BFloat16: FoldLoop<L, StoredBFloat16>.Run(theta, ordinal, decays, start, count, updates); break;
            default: FoldLoop<L, StoredFloat16>.Run(theta, ordinal, decays, start, count, updates); break;
        }
    }
}
