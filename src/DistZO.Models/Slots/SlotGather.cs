using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Copies the slices of the other slots into a slot's buffers: a stream for each link of the fabric that the slot copies over.</summary>
internal sealed class SlotGather : IDisposable
{
    private readonly List<DeviceStream> _streams = [];
    private readonly DeviceStream[] _streamOf;

    /// <param name="device">Of the slot.</param>
    /// <param name="network">The fabric.</param>
    /// <param name="slot">Its number.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    public SlotGather(Device device, SlotNetwork network, int slot, ITraceSink? trace)
    {
        _streamOf = new DeviceStream[network.Slots];
        List<Link?> links = [];
        for (var peer = 0; peer < network.Slots; peer++)
        {
            if (peer == slot) continue;
            var link = network.Fabric(peer, slot);
            var at = links.IndexOf(link);
            if (at < 0)
            {
                (at, var name) = (links.Count, links.Count == 0 ? "gather" : $"gather {links.Count + 1}");
                links.Add(link);
                _streams.Add(device.CreateStream(new StreamOptions($"slot {slot} {name}", link, trace)));
            }

            _streamOf[peer] = _streams[at];
        }
    }

    /// <summary>All streams.</summary>
    public IReadOnlyList<DeviceStream> Streams => _streams;

    /// <summary>What is copied from here on comes after an event.</summary>
    public void Wait(DeviceEvent happened)
    {
        foreach (var stream in _streams) stream.Wait(happened);
    }

    /// <summary>Copies a peer's slice of a block.</summary>
    public void Copy(int peer, string block, SlotPost post, BlockSlice slice, DeviceMemory buffer)
    {
        _streamOf[peer].Wait(post.Event);
        if (slice.Bytes > 0) _streamOf[peer].Copy(block, post.Memory!, post.Start, buffer, slice.Offset, slice.Bytes);
    }

    /// <summary>Happens when all that was copied so far is there; null for a slot without others.</summary>
    public DeviceEvent? Record()
    {
        if (_streams.Count == 0) return null;
        foreach (var other in _streams.Skip(1)) _streams[0].Wait(other.Record());
        return _streams[0].Record();
    }

    public void Dispose()
    {
        foreach (var stream in _streams) stream.Dispose();
    }
}
