namespace DistZO.Devices.Cpu.Weights;

/// <summary>The vector forms of what streams do to weights.</summary>
internal sealed unsafe class WeightKernels : IWeightKernels
{
    public void Fold(void* theta, WeightType type, uint ordinal, bool decays, long start, int count, ReadOnlySpan<WeightUpdate> updates) =>
        FoldKernel.Apply(theta, type, ordinal, decays, start, count, updates);

    public void Pack(void* theta, WeightType held, TransferType type, long length, long start, int count, byte* packed) =>
        TransferKernel.Pack(theta, held, type, length, start, count, packed);
}
