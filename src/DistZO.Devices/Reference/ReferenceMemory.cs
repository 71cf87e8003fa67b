using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>Plain host memory.</summary>
internal sealed unsafe class ReferenceMemory : DeviceMemory
{
    private readonly ReferenceMemory? _whole;
    private readonly long _offset;
    private byte* _pointer;

    public ReferenceMemory(long bytes, ReferenceMemory? whole = null, long offset = 0)
    {
        (Bytes, _whole, _offset) = (bytes, whole, offset);
        if (whole is null) _pointer = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(bytes, 1));
    }

    public byte* Pointer => _whole is null ? _pointer : _whole.Pointer + _offset;

    public override long Bytes { get; }

    public override DeviceMemory Slice(long offset, long bytes) => new ReferenceMemory(bytes, this, offset);

    public override void Dispose()
    {
        NativeMemory.Free(_pointer);
        _pointer = null;
    }
}
