using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Memory that kernels of one stream use one after the other. It grows as needed, and what it held is lost then.</summary>
internal sealed class Workspace(CudaPool pool, CUstream stream) : IDisposable
{
    private CUdeviceptr _pointer;
    private long _bytes;

    /// <summary>At least so many bytes, of any content.</summary>
    public CUdeviceptr Get(long bytes)
    {
        if (bytes <= _bytes) return _pointer;
        Dispose();
        _pointer = pool.Allocate(bytes, stream);
        _bytes = bytes;
        return _pointer;
    }

    public void Dispose()
    {
        if (_bytes > 0) pool.Free(_pointer, _bytes, stream);
        _bytes = 0;
    }
}
