using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>What the host says to a stream of a GPU: copies from memory that is not pinned, and to finish. An imagined GPU is told nothing.</summary>
internal static unsafe class StreamCopies
{
    /// <summary>Queues a copy to the GPU. The driver has taken the bytes when this returns.</summary>
    public static void Upload(this CudaContext context, ReadOnlySpan<byte> source, CUdeviceptr destination, CUstream stream, string what)
    {
        if (context.IsImagined || source.IsEmpty) return;
        fixed (byte* from = source) Check.Driver(CudaDriver.cuMemcpyHtoDAsync_v2(destination, from, (nuint)source.Length, stream), what);
    }

    /// <summary>Waits for all that was queued.</summary>
    public static void Finish(this CudaContext context, CUstream stream, string what)
    {
        if (!context.IsImagined) Check.Driver(CudaDriver.cuStreamSynchronize(stream), what);
    }
}
