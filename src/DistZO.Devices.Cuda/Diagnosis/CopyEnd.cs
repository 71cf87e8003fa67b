using System.Diagnostics;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Memory and a stream of a GPU, between which copies are timed.</summary>
internal sealed class CopyEnd : IDisposable
{
    private const int Repeats = 5;

    private readonly CudaPool _pool;
    private readonly int _bytes;

    public CopyEnd(int ordinal, int bytes)
    {
        Context = CudaContext.Open(ordinal);
        Context.Enter();
        Check.Driver(CudaDriver.cuStreamCreate(out var stream, CudaDriver.StreamNonBlocking), "make a stream");
        (Stream, _bytes) = (stream, bytes);
        _pool = new CudaPool(Context, long.MaxValue);
        Pointer = _pool.Allocate(bytes, Stream);
        Synchronize();
    }

    public CudaContext Context { get; }

    public CUstream Stream { get; }

    public CUdeviceptr Pointer { get; }

    /// <summary>How long copies take that are queued on the streams of some ends: the median.</summary>
    public static double Seconds(Action copy, params CopyEnd[] ends)
    {
        var times = new List<double>();
        for (var i = 0; i <= Repeats; i++)
        {
            var began = Stopwatch.GetTimestamp();
            ends[^1].Context.Enter();
            copy();
            foreach (var end in ends) end.Synchronize();
            // The first one pays for what the driver sets up.
            if (i > 0) times.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>Waits for what is queued on the stream.</summary>
    public void Synchronize()
    {
        Context.Enter();
        Check.Driver(CudaDriver.cuStreamSynchronize(Stream), "copy");
    }

    public void Dispose()
    {
        Context.Enter();
        _pool.Free(Pointer, _bytes, Stream);
        _ = CudaDriver.cuStreamSynchronize(Stream);
        _pool.Dispose();
        _ = CudaDriver.cuStreamDestroy_v2(Stream);
        Context.Dispose();
    }
}
