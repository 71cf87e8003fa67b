using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// GPUs of this process that gather slices by NCCL, in place: by its all-gather where all slices are of one size, or else by a group of broadcasts,
/// one of each slice, since NCCL's own takes equal ones only.
/// </summary>
/// <remarks>
/// NCCL's kernels wait on the GPU for those of the others, so nothing that stops a GPU may be done between two of a gather (NCCL's user guide, "Using
/// NCCL with CUDA", on concurrency): host memory is pinned before (<see cref="DeviceStream.Prepare"/>), and opening it gathers once in both ways, so
/// that connections are made and kernels loaded.
/// </remarks>
internal sealed unsafe class NcclCollective : Collective
{
    private readonly CudaContext[] _contexts;
    private readonly nint[] _communicators;
    private readonly Lock[] _gates;
    private volatile Exception? _failure;

    private NcclCollective(CudaContext[] contexts)
    {
        _contexts = contexts;
        _communicators = new nint[contexts.Length];
        _gates = [.. contexts.Select(_ => new Lock())];
        var devices = contexts.Select(context => context.Device.Ordinal).ToArray();
        fixed (nint* made = _communicators)
        fixed (int* which = devices) Check.Collectives(Nccl.ncclCommInitAll(made, devices.Length, which), "connect the GPUs");
        CudaContext.Forget();
    }

    /// <summary>GPUs.</summary>
    public int Count => _contexts.Length;

    /// <summary>NCCL's, such as 2.21.5; null if it does not say.</summary>
    public static string? Version => Nccl.ncclGetVersion(out var version) == Nccl.Success ? NativeLibraries.Dotted(version) : null;

    /// <summary>Bytes of each GPU's memory that NCCL took.</summary>
    public IReadOnlyList<long> Bytes { get; private set; } = [];

    /// <summary>Connects GPUs, and gathers once in both ways.</summary>
    /// <param name="contexts">Each of another GPU; they outlive this.</param>
    /// <exception cref="RunFailedException">NCCL cannot; the message has its words.</exception>
    public static NcclCollective Open(CudaContext[] contexts)
    {
        var before = contexts.Select(context => context.FreeMemory).ToList();
        var opened = new NcclCollective(contexts);
        try
        {
            opened.Begin();
            opened.Bytes = [.. contexts.Zip(before, (context, free) => Math.Max(0, free - context.FreeMemory))];
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Queues a GPU's part of a gather on a stream of it. Every GPU has a thread of its own for this.</summary>
    /// <param name="member">Which GPU.</param>
    /// <param name="stream">Of the GPU, whose context is current.</param>
    /// <param name="block">Memory of the GPU; its own slice is in its place.</param>
    /// <param name="bounds">Where slices begin, and the end of the last.</param>
    /// <exception cref="RunFailedException">It was aborted, with the reason; or NCCL failed.</exception>
    public void Gather(int member, CUstream stream, CUdeviceptr block, long[] bounds)
    {
        // Aborting ends communicators, so nobody may be using one.
        lock (_gates[member])
        {
            if (_failure is { } failure) throw new RunFailedException(failure.Message, failure);
            Queue(member, stream, block, bounds);
            CudaContext.Forget();
        }
    }

    /// <summary>Queues all parts of a gather, from one thread.</summary>
    public void GatherAll(IReadOnlyList<(CUstream Stream, CUdeviceptr Block)> members, long[] bounds)
    {
        Check.Collectives(Nccl.ncclGroupStart(), "begin a group");
        for (var member = 0; member < Count; member++) Queue(member, members[member].Stream, members[member].Block, bounds);
        Check.Collectives(Nccl.ncclGroupEnd(), "gather");
        CudaContext.Forget();
    }

    public override void Abort(Exception reason)
    {
        lock (_gates[0])
        {
            if (_failure is not null) return;
            _failure = reason;
        }

        for (var member = 0; member < Count; member++)
        {
            lock (_gates[member])
            {
                _ = Nccl.ncclCommAbort(_communicators[member]);
                _communicators[member] = 0;
            }
        }

        CudaContext.Forget();
    }

    public override void Dispose()
    {
        for (var member = 0; member < Count; member++)
        {
            if (_communicators[member] != 0) _ = Nccl.ncclCommDestroy(_communicators[member]);
            _communicators[member] = 0;
        }

        CudaContext.Forget();
    }

    private void Begin()
    {
        const int slice = 4096;
        var ends = new List<CopyEnd>();
        try
        {
            foreach (var context in _contexts) ends.Add(new CopyEnd(context.Device.Ordinal, (Count + 1) * slice));
            long[] equal = [.. Enumerable.Range(0, Count + 1).Select(i => (long)i * slice)];
            foreach (var bounds in (long[][])[equal, [.. equal.SkipLast(1), equal[^1] + slice]])
            {
                GatherAll([.. ends.Select(end => (end.Stream, end.Pointer))], bounds);
                foreach (var end in ends) end.Synchronize();
            }
        }
        finally
        {
            foreach (var end in ends) end.Dispose();
        }
    }

    private void Queue(int member, CUstream stream, CUdeviceptr block, long[] bounds)
    {
        var (communicator, slice) = (_communicators[member], bounds[1] - bounds[0]);
        if (Enumerable.Range(1, Count).All(i => bounds[i] == i * slice))
        {
            Check.Collectives(Nccl.ncclAllGather(block + bounds[member], block, (nuint)slice, Nccl.Byte, communicator, stream), "gather");
            return;
        }

        Check.Collectives(Nccl.ncclGroupStart(), "begin a group");
        for (var from = 0; from < Count; from++)
        {
            var (begin, bytes) = (block + bounds[from], bounds[from + 1] - bounds[from]);
            if (bytes > 0) Check.Collectives(Nccl.ncclBroadcast(begin, begin, (nuint)bytes, Nccl.Byte, from, communicator, stream), "broadcast a slice");
        }

        Check.Collectives(Nccl.ncclGroupEnd(), "gather");
    }
}
