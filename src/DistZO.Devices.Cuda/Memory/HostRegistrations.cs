using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Pins host blocks where they are, so that one copy of the parameters serves all GPUs of a node without another in between. A block is pinned
/// when it is first moved, for all GPUs, until it is disposed.
/// </summary>
internal static unsafe class HostRegistrations
{
    private static readonly HashSet<HostBlock> Pinned = [];
    private static readonly Lock Gate = new();

    /// <summary>Pins a block, unless it is. One that cannot be pinned (the limit of locked memory) is moved all the same, more slowly.</summary>
    /// <param name="context">The GPU that asks, current on this thread.</param>
    /// <param name="block">Lives at least as long as copies of it run.</param>
    public static void Pin(CudaContext context, HostBlock block)
    {
        lock (Gate)
        {
            if (!Pinned.Add(block)) return;
            context.Enter();
            var code = CudaDriver.cuMemHostRegister_v2((nint)block.Pointer, (nuint)block.Bytes, CudaDriver.HostRegisterPortable);
            if (code != CudaDriver.Success) return;
        }

        block.Disposing += () =>
        {
            lock (Gate)
            {
                Pinned.Remove(block);
                context.Enter();
                _ = CudaDriver.cuMemHostUnregister((nint)block.Pointer);
            }
        };
    }
}
