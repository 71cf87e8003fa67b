using System.Diagnostics;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>How fast bytes move, measured.</summary>
public static unsafe class CopyRates
{
    private const int Bytes = 64 << 20;
    private const int Repeats = 5;

    /// <summary>Bytes a second from pinned host memory to a GPU, and back: medians.</summary>
    public static (double Up, double Down) Host(int ordinal)
    {
        using var end = new End(ordinal);
        using var host = new PinnedMemory(end.Context, Bytes);
        var up = Median(() => CudaDriver.cuMemcpyHtoDAsync_v2(end.Pointer, host.Pointer, Bytes, end.Stream), end);
        var down = Median(() => CudaDriver.cuMemcpyDtoHAsync_v2(host.Pointer, end.Pointer, Bytes, end.Stream), end);
        return (up, down);
    }

    /// <summary>Bytes a second that a GPU copies from another: the median.</summary>
    public static double Peer(int from, int to)
    {
        using var source = new End(from);
        using var end = new End(to);
        return Median(() => CudaDriver.cuMemcpyPeerAsync(end.Pointer, end.Context.Handle, source.Pointer, source.Context.Handle, Bytes, end.Stream), end);
    }

    /// <summary>Bytes a second that each GPU receives when NCCL gathers all slices on all GPUs; null without NCCL or with one GPU.</summary>
    public static double? Collective(int count)
    {
        if (count < 2 || NativeLibraries.Locate(NativeLibraries.Collectives) is null) return null;
        var ends = Enumerable.Range(0, count).Select(i => new End(i)).ToList();
        var communicators = new nint[count];
        try
        {
            var devices = Enumerable.Range(0, count).ToArray();
            fixed (nint* to = communicators)
            fixed (int* which = devices)
            {
                if (Nccl.ncclCommInitAll(to, count, which) != Nccl.Success) return null;
            }

            var slice = Bytes / count;
            var rate = Median(
                () =>
                {
                    _ = Nccl.ncclGroupStart();
                    for (var i = 0; i < count; i++)
                        _ = Nccl.ncclAllGather(ends[i].Pointer + ((long)i * slice), ends[i].Pointer, (nuint)slice, Nccl.Byte, communicators[i], ends[i].Stream);
                    return Nccl.ncclGroupEnd();
                },
                [.. ends]);
            return rate * (count - 1) / count;
        }
        finally
        {
            foreach (var communicator in communicators.Where(communicator => communicator != 0)) _ = Nccl.ncclCommDestroy(communicator);
            foreach (var end in ends) end.Dispose();
        }
    }

    private static double Median(Func<int> copy, params End[] ends)
    {
        var rates = new List<double>();
        for (var i = 0; i <= Repeats; i++)
        {
            var began = Stopwatch.GetTimestamp();
            ends[^1].Context.Enter();
            Check.Driver(copy(), "copy");
            foreach (var end in ends) end.Synchronize();
            // The first one pays for what the driver sets up.
            if (i > 0) rates.Add(Bytes / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        rates.Sort();
        return rates[rates.Count / 2];
    }

    /// <summary>Memory and a stream of a GPU.</summary>
    private sealed class End : IDisposable
    {
        private readonly CudaPool _pool;

        public End(int ordinal)
        {
            Context = CudaContext.Open(ordinal);
            Context.Enter();
            Check.Driver(CudaDriver.cuStreamCreate(out var stream, CudaDriver.StreamNonBlocking), "make a stream");
            Stream = stream;
            _pool = new CudaPool(Context, long.MaxValue);
            Pointer = _pool.Allocate(Bytes, Stream);
            Synchronize();
        }

        public CudaContext Context { get; }

        public CUstream Stream { get; }

        public CUdeviceptr Pointer { get; }

        public void Synchronize()
        {
            Context.Enter();
            Check.Driver(CudaDriver.cuStreamSynchronize(Stream), "copy");
        }

        public void Dispose()
        {
            Context.Enter();
            _pool.Free(Pointer, Bytes, Stream);
            _ = CudaDriver.cuStreamSynchronize(Stream);
            _pool.Dispose();
            _ = CudaDriver.cuStreamDestroy_v2(Stream);
            Context.Dispose();
        }
    }
}
