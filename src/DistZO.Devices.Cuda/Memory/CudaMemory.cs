using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>A range of a GPU's memory.</summary>
internal sealed class CudaMemory : DeviceMemory
{
    private readonly CudaPool? _pool;
    private readonly CUstream _stream;
    private bool _freed;

    /// <param name="context">The GPU.</param>
    /// <param name="pool">What it comes from, and is given back to in the order of <paramref name="stream"/>; null for a part of another.</param>
    /// <param name="stream">The kernels of the device.</param>
    /// <param name="pointer">Its first byte.</param>
    /// <param name="bytes">Its size.</param>
    public CudaMemory(CudaContext context, CudaPool? pool, CUstream stream, CUdeviceptr pointer, long bytes) =>
        (Context, _pool, _stream, Pointer, Bytes) = (context, pool, stream, pointer, bytes);

    public CudaContext Context { get; }

    public CUdeviceptr Pointer { get; }

    public override long Bytes { get; }

    /// <summary>The address of a byte of a memory of this kind.</summary>
    public static CUdeviceptr At(DeviceMemory memory, long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset + bytes > memory.Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
        return ((CudaMemory)memory).Pointer + offset;
    }

    public override DeviceMemory Slice(long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset + bytes > Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
        return new CudaMemory(Context, null, _stream, Pointer + offset, bytes);
    }

    public override void Dispose()
    {
        if (_freed) return;
        _freed = true;
        _pool?.Free(Pointer, Bytes, _stream);
    }
}
