using DistZO.Devices;

namespace DistZO.Cli.Benchmarks;

/// <summary>A moment of a <see cref="ClockDevice"/>'s clock.</summary>
/// <param name="at">Seconds.</param>
/// <param name="now">The clock.</param>
internal sealed class ClockEvent(double at, Func<double> now) : DeviceEvent
{
    public double At => at;

    public override bool IsDone => at <= now();

    // The host does not wait for the clock.
    public override void Synchronize()
    {
    }
}

/// <summary>Memory that holds nothing.</summary>
internal sealed class ClockMemory(long bytes) : DeviceMemory
{
    public override long Bytes => bytes;

    public override DeviceMemory Slice(long offset, long count) => new ClockMemory(count);

    public override void Dispose()
    {
    }
}

/// <summary>A block that is nowhere.</summary>
internal sealed class ClockBlock(BlockLayout layout) : StoredBlock
{
    public override string Name => layout.Name;

    public override long Bytes => layout.Bytes;

    public override long TrainedBytes => layout.TrainedBytes;

    public override StoredVersion? Version { get; protected set; } = default(StoredVersion);

    public override void Read(long offset, Span<byte> destination)
    {
    }

    public override void Write(long offset, ReadOnlySpan<byte> source)
    {
    }

    public override void Commit(StoredVersion version) => Version = version;

    public override void Dispose()
    {
    }
}

/// <summary>A stream that is busy for as long as its link takes, in the order in which it is told, after the events that it waits for.</summary>
/// <param name="options">Its link is the rate of what it moves; without one it takes no time.</param>
/// <param name="now">When it is told: nothing begins before.</param>
internal sealed class ClockStream(StreamOptions options, Func<double> now) : DeviceStream
{
    private double _free;

    public override string Name => options.Name;

    public override void Upload(StoredBlock source, long offset, DeviceMemory destination, long destinationOffset, long bytes) =>
        Move(source.Name, bytes);

    public override void Download(DeviceMemory source, long offset, StoredBlock destination, long destinationOffset, long bytes) =>
        Move(destination.Name, bytes);

    public override void Commit(StoredBlock block, StoredVersion version) => block.Commit(version);

    public override void Copy(string label, DeviceMemory source, long offset, DeviceMemory destination, long destinationOffset, long bytes) =>
        Move(label, bytes);

    public override void Copy(StoredBlock source, StoredBlock destination, long bytes) => Move(source.Name, bytes);

    public override void Fold(in FoldRange range, WeightUpdate[] updates)
    {
    }

    public override void Fold(StoredBlock block, BlockLayout layout, WeightUpdate[] updates) => Move(block.Name, block.TrainedBytes);

    public override void Pack(StoredBlock source, WeightUpdate[] updates, StagedBlock destination) => Move(source.Name, source.Bytes);

    public override void Wait(DeviceEvent happened) => _free = Math.Max(_free, ((ClockEvent)happened).At);

    public override DeviceEvent Record() => new ClockEvent(_free, now);

    public override void Dispose()
    {
    }

    private void Move(string what, long bytes)
    {
        var begin = Math.Max(_free, now());
        _free = begin + (options.Link is { } link ? bytes / link.BytesPerSecond : 0);
        options.Trace?.Add(new TraceSpan(Name, what, (long)(begin * 1e9), (long)(_free * 1e9), bytes));
    }
}
