using DistZO.Devices;

namespace DistZO.Tests;

/// <summary>An event of a <see cref="CheckedStream"/>, or of a checked device's kernels.</summary>
internal sealed class CheckedEvent(CheckedStream? stream, int position, long[] known) : DeviceEvent
{
    /// <summary>What whoever waits for it learns.</summary>
    public long[] Known => known;

    public override bool IsDone => stream is null || stream.IsAt(position);

    public override void Synchronize() => stream?.RunTo(position);
}

/// <summary>
/// A stream that does nothing by itself: what is queued runs when somebody waits for it, or when chance says so. So everything that may
/// happen late does happen late in some run.
/// </summary>
internal sealed class CheckedStream(CheckedDevice device, StreamOptions options) : DeviceStream
{
    private readonly List<Action> _queue = [];
    private readonly int _actor = device.Log.AddActor(options.Name);

    public override string Name => options.Name;

    /// <summary>Things that are done.</summary>
    public int Done { get; private set; }

    public bool HasMore => Done < _queue.Count;

    public bool IsAt(int position)
    {
        using var gate = device.Enter();
        return Done >= position;
    }

    public override void Upload(StoredBlock source, long offset, DeviceMemory destination, long destinationOffset, long bytes)
    {
        using var gate = device.Enter();
        var to = (CheckedMemory)destination;
        var what = $"uploading {source.Name}";
        device.Log.Note(_actor, source is StagedBlock staged ? staged.Stage : source, offset, bytes, false, what);
        device.Log.Note(_actor, to.Root, to.Offset + destinationOffset, bytes, true, what);
        Add(() =>
        {
            var data = new byte[bytes];
            source.Read(offset, data);
            device.Inner.Upload(data, to.Inner, destinationOffset);
        });
    }

    public override void Download(DeviceMemory source, long offset, StoredBlock destination, long destinationOffset, long bytes)
    {
        using var gate = device.Enter();
        var from = (CheckedMemory)source;
        var what = $"writing {destination.Name} back";
        device.Log.Note(_actor, from.Root, from.Offset + offset, bytes, false, what);
        device.Log.Note(_actor, destination, destinationOffset, bytes, true, what);
        Add(() =>
        {
            var data = new byte[bytes];
            device.Inner.Download(from.Inner, offset, data);
            destination.Write(destinationOffset, data);
        });
    }

    public override void Commit(StoredBlock block, StoredVersion version) => Add(() => block.Commit(version));

    public override void Copy(string label, DeviceMemory source, long offset, DeviceMemory destination, long destinationOffset, long bytes)
    {
        using var gate = device.Enter();
        var (from, to) = ((CheckedMemory)source, (CheckedMemory)destination);
        device.Log.Note(_actor, from.Root, from.Offset + offset, bytes, false, $"copying {label}");
        device.Log.Note(_actor, to.Root, to.Offset + destinationOffset, bytes, true, $"copying {label}");
        Add(() =>
        {
            var data = new byte[bytes];
            device.Inner.Download(from.Inner, offset, data);
            device.Inner.Upload(data, to.Inner, destinationOffset);
        });
    }

    public override void Copy(StoredBlock source, StoredBlock destination, long bytes)
    {
        using var gate = device.Enter();
        var what = destination is HostBlock ? $"reading {source.Name}" : $"writing {destination.Name}";
        device.Log.Note(_actor, source, 0, bytes, false, what);
        device.Log.Note(_actor, destination, 0, bytes, true, what);
        Add(() =>
        {
            var data = new byte[bytes];
            source.Read(0, data);
            destination.Write(0, data);
        });
    }

    public override void Fold(in FoldRange range, WeightUpdate[] updates)
    {
        using var gate = device.Enter();
        var (what, memory) = (range, (CheckedMemory)range.Memory);
        var size = range.Type.Size();
        device.Log.Note(_actor, memory.Root, memory.Offset + ((range.Start - range.First) * size), range.Count * size, true, "folding");
        Add(() => device.FoldNow(what with { Memory = memory.Inner }, updates));
    }

    public override void Fold(StoredBlock block, BlockLayout layout, WeightUpdate[] updates)
    {
        using var gate = device.Enter();
        device.Log.Note(_actor, block, 0, block.TrainedBytes, true, $"folding {block.Name}");
        Add(() => device.HostNow(stream => stream.Fold(block, layout, updates)));
    }

    public override void Pack(StoredBlock source, WeightUpdate[] updates, StagedBlock destination)
    {
        using var gate = device.Enter();
        if (updates.Length > 0) device.Log.Note(_actor, source, 0, source.TrainedBytes, true, $"folding {source.Name}");
        device.Log.Note(_actor, source, 0, source.Bytes, false, $"packing {source.Name}");
        device.Log.Note(_actor, destination.Stage, 0, destination.Bytes, true, $"packing {source.Name}");
        Add(() => device.HostNow(stream => stream.Pack(source, updates, destination)));
    }

    public override void Wait(DeviceEvent happened)
    {
        using var gate = device.Enter();
        device.Log.Merge(_actor, ((CheckedEvent)happened).Known);
        Add(happened.Synchronize);
    }

    public override DeviceEvent Record()
    {
        using var gate = device.Enter();
        return new CheckedEvent(this, _queue.Count, device.Log.Snapshot(_actor));
    }

    /// <summary>Does the next thing.</summary>
    public void RunOne()
    {
        var next = _queue[Done];
        next();
        Done++;
    }

    /// <summary>Does all that comes before a position.</summary>
    public void RunTo(int position)
    {
        using var gate = device.Enter();
        while (Done < position) RunOne();
    }

    public override void Dispose() => RunTo(_queue.Count);

    private void Add(Action action)
    {
        using var gate = device.Enter();
        _queue.Add(action);
        device.Chance();
    }
}
