using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Brings bytes from a GPU to the host, after what its kernels were told before. They go through a piece of pinned memory: a copy into memory that is
/// not pinned may hold what the driver locks for all GPUs until the stream comes to it, and the stream may be waiting for one of them.
/// </summary>
internal sealed unsafe class HostReads : IDisposable
{
    private const int Bytes = 1 << 20;

    private readonly CudaContext _context;
    private readonly CUstream _stream;
    private readonly PinnedMemory? _piece;

    // Streams read blocks that lie on a device beside its caller.
    private readonly Lock _gate = new();

    /// <param name="context">The GPU; nothing is read from an imagined one.</param>
    /// <param name="stream">Of its kernels.</param>
    public HostReads(CudaContext context, CUstream stream)
    {
        (_context, _stream) = (context, stream);
        if (!context.IsImagined) _piece = new PinnedMemory(context, Bytes);
    }

    /// <summary>Waits for the bytes. From any thread, with the GPU's context current.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="destination">Takes them.</param>
    /// <param name="what">For errors: what the GPU was to do.</param>
    public void Read(CUdeviceptr source, Span<byte> destination, string what)
    {
        if (_piece is null) return;
        lock (_gate)
        {
            for (var at = 0; at < destination.Length; at += Bytes)
            {
                var count = Math.Min(Bytes, destination.Length - at);
                Check.Driver(CudaDriver.cuMemcpyDtoHAsync_v2(_piece.Pointer, source + at, (nuint)count, _stream), what);
                _context.Finish(_stream, what);
                _piece.Span[..count].CopyTo(destination[at..]);
            }
        }
    }

    public void Dispose() => _piece?.Dispose();
}
