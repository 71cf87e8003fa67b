using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// A stream of transfers: a thread that queues them on a stream of the GPU, since blocks that lie in files are read by a host thread. Blocks in
/// host memory are pinned and copied as they lie; those of files go through two pinned pieces, so that reading one overlaps copying the other.
/// </summary>
internal sealed unsafe class CudaTransfers : DeviceStream
{
    private const int Pieces = 2;

    private readonly CudaContext _context;
    private readonly EventPool _events;
    private readonly Link? _link;
    private readonly ITraceSink? _trace;
    private readonly StreamThread _thread;
    private readonly CUstream _stream;
    private readonly PassData _data;
    private readonly Folding _folding;
    private readonly (PinnedMemory Memory, CudaEvent? Free)[] _pieces = new (PinnedMemory, CudaEvent?)[Pieces];

    /// <param name="options">Name, modelled link, trace.</param>
    /// <param name="context">The GPU.</param>
    /// <param name="pool">Its memory, for the tables of folds.</param>
    /// <param name="events">Its events.</param>
    /// <param name="kernels">For folds.</param>
    public CudaTransfers(StreamOptions options, CudaContext context, CudaPool pool, EventPool events, KernelModule kernels)
    {
        (Name, _link, _trace, _context, _events) = (options.Name, options.Link, options.Trace, context, events);
        context.Enter();
        Check.Driver(CudaDriver.cuStreamCreate(out _stream, CudaDriver.StreamNonBlocking), "make a stream");
        (_data, _folding) = Foldings(kernels, pool, _stream);
        _thread = new StreamThread(Name);
    }

    public override string Name { get; }

    public override void Upload(StoredBlock source, long offset, DeviceMemory destination, long destinationOffset, long bytes)
    {
        var to = CudaMemory.At(destination, destinationOffset, bytes);
        Do(source.Name, bytes, (at, count) =>
        {
            if ((source as HostBlock ?? (source as StagedBlock)?.Stage) is { } host)
            {
                HostRegistrations.Pin(_context, host);
                Check.Driver(CudaDriver.cuMemcpyHtoDAsync_v2(to + at, host.Pointer + offset + at, (nuint)count, _stream), "upload a block");
                return;
            }

            var piece = NextPiece();
            source.Read(offset + at, piece.Span[..count]);
            Check.Driver(CudaDriver.cuMemcpyHtoDAsync_v2(to + at, piece.Pointer, (nuint)count, _stream), "upload a block");
            Use(piece);
        });
    }

    public override void Download(DeviceMemory source, long offset, StoredBlock destination, long destinationOffset, long bytes)
    {
        var from = CudaMemory.At(source, offset, bytes);
        Do(destination.Name, bytes, (at, count) =>
        {
            if (destination is HostBlock host)
            {
                HostRegistrations.Pin(_context, host);
                Check.Driver(CudaDriver.cuMemcpyDtoHAsync_v2(host.Pointer + destinationOffset + at, from + at, (nuint)count, _stream), "write a block back");
                return;
            }

            var piece = NextPiece();
            Check.Driver(CudaDriver.cuMemcpyDtoHAsync_v2(piece.Pointer, from + at, (nuint)count, _stream), "write a block back");
            Settle();
            destination.Write(destinationOffset + at, piece.Span[..count]);
        });
    }

    public override void Commit(StoredBlock block, StoredVersion version) => _thread.Enqueue(() =>
    {
        Settle();
        block.Commit(version);
    });

    public override void Copy(string label, DeviceMemory source, long offset, DeviceMemory destination, long destinationOffset, long bytes)
    {
        var (from, to) = (CudaMemory.At(source, offset, bytes), CudaMemory.At(destination, destinationOffset, bytes));
        var (here, there) = (((CudaMemory)destination).Context, ((CudaMemory)source).Context);
        Do(label, bytes, (at, count) => Check.Driver(
            here.Handle == there.Handle
                ? CudaDriver.cuMemcpyDtoDAsync_v2(to + at, from + at, (nuint)count, _stream)
                : CudaDriver.cuMemcpyPeerAsync(to + at, here.Handle, from + at, there.Handle, (nuint)count, _stream),
            "copy from another GPU"));
    }

    public override void Gather(string label, Collective collective, int member, DeviceMemory block, long[] bounds)
    {
        var (all, memory) = ((NcclCollective)collective, CudaMemory.At(block, 0, bounds[^1]));
        var bytes = bounds[^1] - (bounds[member + 1] - bounds[member]);
        _thread.Enqueue(() => Timed(label, bytes, () => all.Gather(member, _stream, memory, bounds)), all.Abort);
    }

    public override void Prepare(StoredBlock block)
    {
        if (block is HostBlock host) HostRegistrations.Pin(_context, host);
        else foreach (ref var piece in _pieces.AsSpan()) piece.Memory ??= new PinnedMemory(_context, StoredBlock.BytesPerCall);
    }

    public override void Fold(in FoldRange range, WeightUpdate[] updates)
    {
        var what = range;
        _thread.Enqueue(() =>
        {
            _context.Enter();
            _folding.Fold(what, updates);
        });
    }

    public override void Wait(DeviceEvent happened) => _thread.Enqueue(() =>
    {
        _context.Enter();
        if (happened is CudaEvent other) other.HoldUp(_stream);
        else happened.Synchronize();
    });

    public override DeviceEvent Record()
    {
        var recorded = new CudaEvent(_events);
        _thread.Enqueue(
            () =>
            {
                _context.Enter();
                recorded.Record(_stream);
            },
            recorded.Fail);
        return recorded;
    }

    public override void Dispose()
    {
        _thread.Dispose();
        _context.Enter();
        _ = CudaDriver.cuStreamSynchronize(_stream);
        _data.Dispose();
        foreach (var piece in _pieces) piece.Memory?.Dispose();
        _ = CudaDriver.cuStreamDestroy_v2(_stream);
    }

    private static (PassData Data, Folding Folding) Foldings(KernelModule kernels, CudaPool pool, CUstream stream)
    {
        var data = new PassData(pool, stream);
        return (data, new Folding(kernels, data, stream));
    }

    /// <summary>Moves bytes piece by piece. With a modelled link the thread waits for each.</summary>
    private void Do(string label, long bytes, Action<long, int> move) => _thread.Enqueue(() => Timed(label, bytes, () =>
    {
        var turn = _link is null ? StoredBlock.BytesPerCall : Link.BytesPerTurn;
        for (long at = 0; at < bytes; at += turn)
        {
            var count = (int)Math.Min(turn, bytes - at);
            move(at, count);
            if (_link is null) continue;
            Settle();
            _link.Pass(count);
        }
    }));

    /// <summary>Does something on the thread. With somebody who wants to know how long it took, the thread waits for its end.</summary>
    private void Timed(string label, long bytes, Action work)
    {
        _context.Enter();
        if (_trace is not null) Settle();
        var began = TraceClock.Now;
        work();
        if (_trace is null) return;
        Settle();
        _trace.Add(new TraceSpan(Name, label, began, TraceClock.Now, bytes));
    }

    /// <summary>Waits for what is queued on the GPU.</summary>
    private void Settle()
    {
        _context.Enter();
        Check.Driver(CudaDriver.cuStreamSynchronize(_stream), "finish a transfer");
    }

    /// <summary>The pinned piece that was used longest ago, free.</summary>
    private PinnedMemory NextPiece()
    {
        (_pieces[0], _pieces[1]) = (_pieces[1], _pieces[0]);
        var memory = _pieces[0].Memory ??= new PinnedMemory(_context, StoredBlock.BytesPerCall);
        _pieces[0].Free?.Synchronize();
        return memory;
    }

    private void Use(PinnedMemory piece)
    {
        var used = new CudaEvent(_events);
        used.Record(_stream);
        _pieces[0] = (piece, used);
    }
}
