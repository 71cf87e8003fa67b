using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Brings the slices of the other slots into a slot's buffers, over the fabric.</summary>
internal abstract class SlotGather : IDisposable
{
    /// <summary>What it queues on.</summary>
    public abstract IReadOnlyList<DeviceStream> Streams { get; }

    /// <summary>By the collective of the network, or by copies where it has none.</summary>
    /// <param name="group">Of all slots.</param>
    /// <param name="slot">This one's number.</param>
    /// <param name="device">Its device.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    public static SlotGather Of(SlotGroup group, int slot, Device device, ITraceSink? trace) =>
        group.Network.Collective is { } collective ? new CollectiveGather(group, collective, slot, device, trace) : new CopyGather(group, slot, device, trace);

    /// <summary>What is brought from here on comes after an event.</summary>
    public void Wait(DeviceEvent happened)
    {
        foreach (var stream in Streams) stream.Wait(happened);
    }

    /// <summary>Brings the slices of all others into a buffer that has the slot's own.</summary>
    /// <param name="block">Whose slices.</param>
    /// <param name="buffer">The slot's.</param>
    /// <param name="posts">The others, and where each one's slice is when; asked for one after the other.</param>
    public abstract void Bring(StreamedBlock block, DeviceMemory buffer, IEnumerable<(int Peer, SlotPost Post)> posts);

    /// <summary>Happens when all that was queued so far is there; null for a slot without others.</summary>
    public DeviceEvent? Record()
    {
        if (Streams.Count == 0) return null;
        foreach (var other in Streams.Skip(1)) Streams[0].Wait(other.Record());
        return Streams[0].Record();
    }

    public void Dispose()
    {
        foreach (var stream in Streams) stream.Dispose();
    }
}
