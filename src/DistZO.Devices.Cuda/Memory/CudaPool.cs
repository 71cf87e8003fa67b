using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Stream-ordered memory of one GPU under a hard limit. What is freed goes back to the pool, not to the driver, so buffers that grow cost no
/// synchronization. Memory comes into being in the order of the device's kernels; streams beside them see it only after an event.
/// </summary>
internal sealed unsafe class CudaPool : IDisposable
{
    private const int Granularity = 512;

    private readonly CudaContext _context;
    private readonly CUmemoryPool _pool;
    private readonly long _limit;
    private readonly Lock _gate = new();
    private ulong _imagined;

    /// <param name="context">The GPU.</param>
    /// <param name="limit">Bytes that may be in use at once; <see cref="long.MaxValue"/> for all that there is.</param>
    public CudaPool(CudaContext context, long limit)
    {
        (_context, _limit) = (context, limit);
        if (context.IsImagined) return;
        context.Enter();
        var properties = new CUmemPoolProps
        {
            AllocationType = CUmemPoolProps.AllocationPinned,
            Location = new CUmemLocation { Type = CUmemLocation.TypeDevice, Id = context.Device.Ordinal },
        };
        Check.Driver(CudaDriver.cuMemPoolCreate(out _pool, in properties), "make a memory pool");
        var keep = ulong.MaxValue;
        Check.Driver(CudaDriver.cuMemPoolSetAttribute(_pool, CudaDriver.PoolReleaseThreshold, &keep), "set up its memory pool");
        OpenToPeers();
    }

    /// <summary>Whose memory it is.</summary>
    public CudaContext Context => _context;

    /// <summary>Bytes that are in use now.</summary>
    public long Used { get; private set; }

    /// <summary>The most that were in use at once.</summary>
    public long Peak { get; private set; }

    /// <summary>Memory whose content is not set, in the order of a stream.</summary>
    /// <exception cref="RunFailedException">The limit or the GPU's memory does not allow for it.</exception>
    public CUdeviceptr Allocate(long bytes, CUstream stream)
    {
        var rounded = Round(bytes);
        Take(rounded);
        if (_context.IsImagined) return new CUdeviceptr(Interlocked.Add(ref _imagined, (ulong)rounded));
        _context.Enter();
        var code = CudaDriver.cuMemAllocFromPoolAsync(out var pointer, (nuint)rounded, _pool, stream);
        if (code == CudaDriver.Success) return pointer;
        Take(-rounded);
        throw code == CudaDriver.OutOfMemory
            ? new RunFailedException(
                $"{_context.Name} is out of memory: {Used / 1e6:N1} MB are in use and {rounded / 1e6:N1} MB more are needed; "
                + "keep layers elsewhere with --offload host, or use smaller batches")
            : Check.Failed(code, $"allocate {rounded} bytes");
    }

    /// <summary>Gives memory back once what is queued on a stream is done.</summary>
    public void Free(CUdeviceptr pointer, long bytes, CUstream stream)
    {
        _context.Enter();
        if (!_context.IsImagined) Check.Driver(CudaDriver.cuMemFreeAsync(pointer, stream), "free memory");
        Take(-Round(bytes));
    }

    /// <summary>Counts what a library has taken of the GPU's memory, or, if negative, given back.</summary>
    /// <exception cref="RunFailedException">The limit does not allow for it.</exception>
    public void Count(long bytes) => Take(bytes);

    public void Dispose()
    {
        if (_context.IsImagined) return;
        _context.Enter();
        _ = CudaDriver.cuMemPoolDestroy(_pool);
    }

    private void Take(long bytes)
    {
        lock (_gate)
        {
            if (Used + bytes > _limit)
            {
                throw new RunFailedException(
                    $"--device-memory {_limit / 1e6:N0} MB is too small: {Used / 1e6:N1} MB are in use and {bytes / 1e6:N1} MB more are needed; "
                    + "give more, or use smaller batches");
            }

            Used += bytes;
            Peak = Math.Max(Peak, Used);
        }
    }

    private static long Round(long bytes) => Math.Max(1, (bytes + Granularity - 1) / Granularity) * Granularity;

    /// <summary>Lets every GPU that reaches this one read and write its memory, for gathers.</summary>
    private void OpenToPeers()
    {
        Check.Driver(CudaDriver.cuDeviceGetCount(out var count), "count the GPUs");
        for (var peer = 0; peer < count; peer++)
        {
            if (peer == _context.Device.Ordinal) continue;
            Check.Driver(CudaDriver.cuDeviceCanAccessPeer(out var can, new CUdevice(peer), _context.Device), "tell whether GPUs reach each other");
            if (can == 0) continue;
            var access = new CUmemAccessDesc
            {
                Location = new CUmemLocation { Type = CUmemLocation.TypeDevice, Id = peer },
                Flags = CUmemAccessDesc.ReadWrite,
            };
            Check.Driver(CudaDriver.cuMemPoolSetAccess(_pool, &access, 1), "open its memory to another GPU");
        }
    }
}
