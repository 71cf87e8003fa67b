using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>What a step on several slots takes.</summary>
/// <param name="Seconds">Of the slowest slot.</param>
/// <param name="Bytes">By track, such as <c>slot 1 upload</c>: what the stream moves a step.</param>
internal sealed record SlotClockStep(double Seconds, IReadOnlyDictionary<string, long> Bytes);

/// <summary>What slots are made of whose time is told.</summary>
internal interface ISlotTime
{
    /// <summary>A new device for a slot.</summary>
    Device Open(int slot);

    /// <summary>Where a block is stored.</summary>
    StoredBlock Store(BlockLayout layout);

    /// <summary>The kernels of a slot are busy for so many seconds.</summary>
    void Compute(int slot, double seconds);

    /// <summary>All slots have computed their shares of a step, and the next one begins with its commit.</summary>
    void Meet();

    /// <summary>Seconds since any moment.</summary>
    double Now { get; }
}

/// <summary>
/// The host's threads run as they happen to; what the clock shows does not depend on that, since it is played when they are through.
/// </summary>
internal sealed class VirtualSlotTime(ClockSchedule schedule) : ISlotTime
{
    private readonly ClockPlay _play = new(schedule.Disk);
    private readonly List<ClockDevice> _devices = [];

    public double Now => _devices.Max(device => device.Now);

    public Device Open(int slot)
    {
        _devices.Add(new ClockDevice(_play, isAlone: false)
        {
            FoldSecondsPerElement = schedule.FoldSeconds * sizeof(float) / schedule.BlockBytes,
            HostFoldSecondsPerElement = schedule.HostFoldSeconds * sizeof(float) / schedule.BlockBytes ?? 0,
        });
        return _devices[^1];
    }

    public StoredBlock Store(BlockLayout layout) => new ClockBlock(layout);

    public void Compute(int slot, double seconds) => _devices[slot].Compute(seconds);

    public void Meet()
    {
        var computed = _devices.Select(device => device.Record()).ToList();
        foreach (var device in _devices) computed.ForEach(device.Await);
    }
}

/// <summary>Bytes are moved, over links that are modelled, and kernels sleep.</summary>
internal sealed class RealSlotTime : ISlotTime
{
    public double Now => TraceClock.Now * 1e-9;

    public Device Open(int slot) => new ReferenceDevice();

    public StoredBlock Store(BlockLayout layout)
    {
        var block = new HostBlock(layout);
        block.Commit(default);
        return block;
    }

    public void Compute(int slot, double seconds) => Thread.Sleep(TimeSpan.FromSeconds(seconds));

    // Their threads have met.
    public void Meet()
    {
    }
}

/// <summary>Plays the real streaming loop of several slots.</summary>
internal static class SlotClock
{
    private const int FewestSteps = 4;

    /// <summary>A step in the steady state. The links of a schedule are those of each slot.</summary>
    /// <param name="schedule">Of each slot.</param>
    /// <param name="slots">How many.</param>
    /// <param name="fabricBytesPerSecond">From each slot to each other; null for no fabric, so that each uploads whole layers.</param>
    /// <param name="time">Whose; null for a virtual one.</param>
    public static SlotClockStep Step(ClockSchedule schedule, int slots, double? fabricBytesPerSecond, ISlotTime? time = null)
    {
        time ??= new VirtualSlotTime(schedule);
        // Whole rounds of write-backs.
        var (warm, measured) = (FewestSteps * schedule.WriteBackSteps, 2 * FewestSteps * schedule.WriteBackSteps);
        var fabric = new Link?[slots, slots];
        for (var i = 0; i < slots * slots; i++)
            fabric[i / slots, i % slots] = fabricBytesPerSecond is { } rate ? new Link(rate, TimeProvider.System) : null;
        var network = new SlotNetwork(
            [.. Enumerable.Range(0, slots).Select(_ => new SlotLinks(
                new Link(schedule.UploadBytesPerSecond, TimeProvider.System), new Link(schedule.WriteBackBytesPerSecond, TimeProvider.System), 1))],
            fabric,
            fabricBytesPerSecond is not null);
        Device[] devices = [.. Enumerable.Range(0, slots).Select(time.Open)];
        var foldsOnHost = schedule.HostFoldSeconds is not null;
        using var group = new SlotGroup(network, devices, network.HasFabric ? SlotSlicing.Sliced : SlotSlicing.Whole, foldsOnHost);
        var policy = new FixedWriteBack(schedule.WriteBackSteps);
        var stored = schedule.Layouts.Select(time.Store).ToList();
        var counts = Enumerable.Range(0, slots).Select(_ => new Counts()).ToArray();
        var (streams, paths) = (new List<SlotStream>(), new List<BlockPath>());
        for (var slot = 0; slot < slots; slot++)
        {
            var blocks = schedule.Layouts.Zip(stored, (layout, block) => new StreamedBlock(layout, block)).ToList();
            var path = new BlockPath(
                devices[slot],
                blocks,
                schedule.Buffers,
                new StreamOptions($"slot {slot} upload", network.Host(slot).Up, counts[slot]),
                new StreamOptions($"slot {slot} write-back", network.Host(slot).Down, counts[slot]),
                foldsOnHost ? BlockForms.Packed : BlockForms.Whole);
            paths.Add(path);
            streams.Add(new SlotStream(group, slot, path, blocks, counts[slot]));
            group.Add(streams[^1], policy);
        }

        var updates = new UpdateHistory();
        for (var step = 0; step <= warm + measured; step++) updates.Append(new WeightUpdate(1, []));
        group.Join();
        var began = Play(1, warm);
        foreach (var count in counts) count.Clear();
        var seconds = (Play(warm + 1, measured) - began) / measured;
        group.Settle();
        foreach (var disposable in (IEnumerable<IDisposable>)[.. streams, .. paths, .. stored, .. devices]) disposable.Dispose();
        return new SlotClockStep(seconds, counts.SelectMany(count => count.Bytes).ToDictionary(pair => pair.Key, pair => pair.Value / measured));

        double Play(int first, int steps)
        {
            using var meeting = new Barrier(slots, _ => time.Meet());
            var threads = streams.Select((stream, slot) => new Thread(() =>
            {
                for (var step = first; step < first + steps; step++)
                {
                    Pass(schedule, seconds => time.Compute(slot, seconds), stream, updates, step);
                    meeting.SignalAndWait();
                }
            })).ToList();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
            return time.Now;
        }
    }

    private static void Pass(ClockSchedule schedule, Action<double> compute, SlotStream stream, UpdateHistory updates, int step)
    {
        stream.Begin(updates, step);
        compute(schedule.EndSeconds / 2);
        for (var i = 0; i < stream.Blocks.Count; i++)
        {
            stream.Enter(i);
            var parameter = stream.Blocks[i].Layout.Entries[0].Parameter;
            // Where slots have slices, all is folded before.
            compute(schedule.VisitSeconds(i, step - parameter.FoldedTo));
            parameter.FoldedTo = step;
            stream.Leave(i);
        }

        compute(schedule.EndSeconds / 2);
    }

    /// <summary>Adds up what streams move.</summary>
    private sealed class Counts : ITraceSink
    {
        public Dictionary<string, long> Bytes { get; } = [];

        public void Add(in TraceSpan span)
        {
            lock (Bytes) Bytes[span.Track] = Bytes.GetValueOrDefault(span.Track) + span.Bytes;
        }

        public void Clear()
        {
            lock (Bytes) Bytes.Clear();
        }
    }
}
