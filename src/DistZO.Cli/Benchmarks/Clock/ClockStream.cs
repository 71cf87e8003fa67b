using DistZO.Devices;

namespace DistZO.Cli.Benchmarks;

/// <summary>The end of what a track was told.</summary>
/// <param name="task">The last of it.</param>
/// <param name="isDone">Whether it has happened, as far as whoever asks can know.</param>
internal sealed class ClockEvent(ClockTask task, Func<ClockTask, bool> isDone) : DeviceEvent
{
    public ClockTask Task => task;

    public override bool IsDone => isDone(task);

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

/// <summary>A stream that is busy for as long as its link, the disk or folding takes, in the order in which it is told.</summary>
/// <param name="options">Its link is the rate of what it moves; without one it takes no time there.</param>
/// <param name="device">Nothing begins before the device's kernels have come to where they were when it was told.</param>
internal sealed class ClockStream(StreamOptions options, ClockDevice device) : DeviceStream
{
    private readonly int _track = device.Play.AddTrack();
    private List<ClockTask> _waits = [];
    private ClockTask? _last;

    public override string Name => options.Name;

    public override void Upload(StoredBlock source, long offset, DeviceMemory destination, long destinationOffset, long bytes) =>
        Move(source.Name, bytes, ReadRate(source));

    public override void Download(DeviceMemory source, long offset, StoredBlock destination, long destinationOffset, long bytes) =>
        Move(destination.Name, bytes, device.Play.Disk?.WriteBytesPerSecond);

    public override void Commit(StoredBlock block, StoredVersion version) => block.Commit(version);

    public override void Copy(string label, DeviceMemory source, long offset, DeviceMemory destination, long destinationOffset, long bytes) =>
        Move(label, bytes, null);

    public override void Copy(StoredBlock source, StoredBlock destination, long bytes) =>
        Move(source.Name, bytes, ReadRate(source) ?? device.Play.Disk?.WriteBytesPerSecond);

    public override void Fold(StoredBlock block, BlockLayout layout, WeightUpdate[] updates) => Move(block.Name, block.TrainedBytes, null);

    public override void Fold(in FoldRange range, WeightUpdate[] updates) =>
        Tell(0, device.Cores, range.Count * updates.Length * device.FoldSecondsPerElement);

    public override void Pack(StoredBlock source, WeightUpdate[] updates, StagedBlock destination) =>
        Tell(updates.Length * source.Bytes / sizeof(float) * device.HostFoldSecondsPerElement, null, 0);

    public override void Wait(DeviceEvent happened) => _waits.Add(((ClockEvent)happened).Task);

    public override DeviceEvent Record()
    {
        if (_waits.Count > 0 || _last is null) Tell(0, null, 0);
        return new ClockEvent(_last!, device.HasHappened);
    }

    public override void Dispose()
    {
    }

    /// <summary>That of the disk; null for what the host has copied of it.</summary>
    private double? ReadRate(StoredBlock source) => source is ClockBlock ? device.Play.Disk?.ReadBytesPerSecond : null;

    private void Move(string what, long bytes, double? diskRate)
    {
        Tell(options.Link is { } link ? bytes / link.BytesPerSecond : 0, diskRate is null ? null : device.Play.Disk!.Share, bytes / diskRate ?? 0);
        // When that is shows later; what is told now is how much.
        options.Trace?.Add(new TraceSpan(Name, what, 0, 0, bytes));
    }

    private void Tell(double seconds, ClockShare? share, double sharedSeconds)
    {
        _waits.Add(device.Last);
        _last = new ClockTask(_waits) { Seconds = seconds, Share = share, SharedSeconds = sharedSeconds };
        _waits = [];
        device.Play.Tell(_track, _last);
    }
}
