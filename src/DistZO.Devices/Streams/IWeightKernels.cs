namespace DistZO.Devices;

/// <summary>What streams do to weights in host memory. Called from several threads, each for elements of its own.</summary>
public unsafe interface IWeightKernels
{
    /// <summary>As <see cref="FoldReference.Apply"/>.</summary>
    void Fold(void* theta, WeightType type, uint ordinal, bool decays, long start, int count, ReadOnlySpan<WeightUpdate> updates);

    /// <summary>As <see cref="PackedTensor.Pack"/>.</summary>
    void Pack(void* theta, WeightType held, TransferType type, long length, long start, int count, byte* packed);
}

/// <summary>The scalar forms, which are the specification.</summary>
internal sealed unsafe class ReferenceWeightKernels : IWeightKernels
{
    public void Fold(void* theta, WeightType type, uint ordinal, bool decays, long start, int count, ReadOnlySpan<WeightUpdate> updates) =>
        FoldReference.Apply(theta, type, ordinal, decays, start, count, updates);

    public void Pack(void* theta, WeightType held, TransferType type, long length, long start, int count, byte* packed) =>
        PackedTensor.Pack(theta, held, type, length, start, count, packed);
}
