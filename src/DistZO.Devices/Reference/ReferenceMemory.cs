using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>Plain host memory.</summary>
internal sealed unsafe class ReferenceMemory(long bytes) : DeviceMemory
{
    public byte* Pointer { get; private set; } = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(bytes, 1));

    public override long Bytes => bytes;

    public override void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
