using System.Diagnostics;

namespace DistZO.Devices;

/// <summary>What a stream over host memory is made of.</summary>
/// <param name="Address">The first byte of a memory of the device or of a peer.</param>
/// <param name="Kernels">What is done to weights.</param>
/// <param name="Threads">Of the host that may fold at once.</param>
public sealed record HostMemoryAccess(Func<DeviceMemory, nint> Address, IWeightKernels Kernels, int Threads);

/// <summary>
/// A stream of a device whose memory is the host's: a thread that does one thing after the other. With a <see cref="Link"/> the bytes
/// take as long as they would on it.
/// </summary>
public sealed unsafe class HostStream : DeviceStream
{
    private const int ElementsPerFold = 1 << 24;
    private readonly HostMemoryAccess _memory;
    private readonly Link? _link;
    private readonly ITraceSink? _trace;
    private readonly StreamThread _thread;

    public HostStream(StreamOptions options, HostMemoryAccess memory)
    {
        (Name, _link, _trace, _memory) = (options.Name, options.Link, options.Trace, memory);
        _thread = new StreamThread(Name);
    }

    public override string Name { get; }

    public override void Upload(StoredBlock source, long offset, DeviceMemory destination, long destinationOffset, long bytes)
    {
        CheckRange(destination, destinationOffset, bytes);
        _thread.Enqueue(() => Move(source.Name, bytes, (at, count) => source.Read(offset + at, Range(destination, destinationOffset + at, count))));
    }

    public override void Download(DeviceMemory source, long offset, StoredBlock destination, long destinationOffset, long bytes)
    {
        CheckRange(source, offset, bytes);
        _thread.Enqueue(() => Move(destination.Name, bytes, (at, count) => destination.Write(destinationOffset + at, Range(source, offset + at, count))));
    }

    public override void Commit(StoredBlock block, StoredVersion version) => _thread.Enqueue(() => block.Commit(version));

    public override void Copy(string label, DeviceMemory source, long offset, DeviceMemory destination, long destinationOffset, long bytes)
    {
        CheckRange(source, offset, bytes);
        CheckRange(destination, destinationOffset, bytes);
        _thread.Enqueue(() => Move(label, bytes, (at, count) => Range(source, offset + at, count).CopyTo(Range(destination, destinationOffset + at, count))));
    }

    public override void Fold(in FoldRange range, WeightUpdate[] updates)
    {
        var what = range;
        _thread.Enqueue(() =>
        {
            var theta = (byte*)_memory.Address(what.Memory) - (what.First * what.Type.Size());
            for (long at = 0; at < what.Count; at += ElementsPerFold)
            {
                var count = (int)Math.Min(ElementsPerFold, what.Count - at);
                _memory.Kernels.Fold(theta, what.Type, (uint)what.Ordinal, what.Decays, what.Start + at, count, updates);
            }
        });
    }

    public override void Copy(StoredBlock source, StoredBlock destination, long bytes)
    {
        if (destination is HostBlock to) _thread.Enqueue(() => Move(source.Name, bytes, (at, count) => source.Read(at, new Span<byte>(to.Pointer + at, count))));
        else _thread.Enqueue(() => Move(destination.Name, bytes, (at, count) => destination.Write(at, new Span<byte>(((HostBlock)source).Pointer + at, count))));
    }

    public override void Fold(StoredBlock block, BlockLayout layout, WeightUpdate[] updates) =>
        OnTheHost(block, () => HostFolding.Fold(_memory.Kernels, _memory.Threads, (HostBlock)block, layout, updates));

    public override void Pack(StoredBlock source, WeightUpdate[] updates, StagedBlock destination) =>
        OnTheHost(source, () => HostFolding.Pack(_memory.Kernels, _memory.Threads, (HostBlock)source, updates, destination));

    public override void Wait(DeviceEvent happened) => _thread.Enqueue(happened.Synchronize);

    public override DeviceEvent Record()
    {
        var recorded = new HostEvent();
        _thread.Enqueue(() => recorded.Set(null), failure => recorded.Set(failure));
        return recorded;
    }

    public override void Dispose() => _thread.Dispose();

    private void OnTheHost(StoredBlock block, Action work) => _thread.Enqueue(() =>
    {
        var began = TraceClock.Now;
        work();
        _trace?.Add(new TraceSpan(Name, block.Name, began, TraceClock.Now, 0));
    });

    private static void CheckRange(DeviceMemory memory, long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset + bytes > memory.Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
    }

    private Span<byte> Range(DeviceMemory memory, long offset, int count) => new((byte*)_memory.Address(memory) + offset, count);

    private void Move(string name, long bytes, Action<long, int> move)
    {
        var began = Stopwatch.GetTimestamp();
        var turn = _link is null ? StoredBlock.BytesPerCall : Link.BytesPerTurn;
        for (long at = 0; at < bytes; at += turn)
        {
            var count = (int)Math.Min(turn, bytes - at);
            move(at, count);
            _link?.Pass(count);
        }

        _trace?.Add(new TraceSpan(Name, name, TraceClock.Nanoseconds(began), TraceClock.Nanoseconds(Stopwatch.GetTimestamp()), bytes));
    }
}
