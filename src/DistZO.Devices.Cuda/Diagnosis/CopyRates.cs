using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>How fast bytes move, measured.</summary>
public static unsafe class CopyRates
{
    private const int Bytes = 64 << 20;

    /// <summary>Bytes a second from pinned host memory to a GPU, and back: medians.</summary>
    public static (double Up, double Down) Host(int ordinal)
    {
        using var end = new CopyEnd(ordinal, Bytes);
        using var host = new PinnedMemory(end.Context, Bytes);
        var up = Bytes / CopyEnd.Seconds(() => Check.Driver(CudaDriver.cuMemcpyHtoDAsync_v2(end.Pointer, host.Pointer, Bytes, end.Stream), "copy"), end);
        var down = Bytes / CopyEnd.Seconds(() => Check.Driver(CudaDriver.cuMemcpyDtoHAsync_v2(host.Pointer, end.Pointer, Bytes, end.Stream), "copy"), end);
        return (up, down);
    }

    /// <summary>Bytes a second that a GPU copies from another: the median.</summary>
    public static double Peer(int from, int to)
    {
        using var source = new CopyEnd(from, Bytes);
        using var end = new CopyEnd(to, Bytes);
        return Bytes / CopyEnd.Seconds(() => Check.Driver(CudaDriver.cuMemcpyPeerAsync(end.Pointer, end.Context.Handle, source.Pointer, source.Context.Handle, Bytes, end.Stream), "copy"), end);
    }
}
