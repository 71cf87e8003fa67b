using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Pages of host memory that stay where they are, so that copies to and from them run beside the kernels.</summary>
internal sealed unsafe class PinnedMemory : IDisposable
{
    private readonly CudaContext _context;
    private nint _pointer;

    /// <exception cref="RunFailedException">There is not enough.</exception>
    public PinnedMemory(CudaContext context, int bytes)
    {
        (_context, Bytes) = (context, bytes);
        context.Enter();
        Check.Driver(CudaDriver.cuMemHostAlloc(out _pointer, (nuint)bytes, CudaDriver.HostRegisterPortable), $"pin {bytes} bytes of host memory");
    }

    public int Bytes { get; }

    public byte* Pointer => (byte*)_pointer;

    public Span<byte> Span => new(Pointer, Bytes);

    public void Dispose()
    {
        if (_pointer == 0) return;
        _context.Enter();
        _ = CudaDriver.cuMemFreeHost(_pointer);
        _pointer = 0;
    }
}
