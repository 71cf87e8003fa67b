using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>One argument of a kernel, of at most 8 bytes; the driver reads as many as the kernel declares, from the lowest on.</summary>
internal readonly struct KernelArgument
{
    // Read by the driver through its address.
    private readonly ulong _bits;

    private KernelArgument(ulong bits) => _bits = bits;

    public static implicit operator KernelArgument(CUdeviceptr pointer) => new(pointer.Address);

    public static implicit operator KernelArgument(long value) => new((ulong)value);

    public static implicit operator KernelArgument(int value) => new((uint)value);

    public static implicit operator KernelArgument(uint value) => new(value);

    public static implicit operator KernelArgument(bool value) => new(value ? 1u : 0u);

    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value));

    public static implicit operator KernelArgument(WeightType type) => new((uint)type);

    public override string ToString() => $"{_bits:x}";
}
