using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Copies slices out of the memory of the other slots: a stream for each link of the fabric that the slot copies over.</summary>
internal sealed class CopyGather : SlotGather
{
    private readonly SlotGroup _group;
    private readonly List<DeviceStream> _streams = [];
    private readonly DeviceStream[] _streamOf;

    public CopyGather(SlotGroup group, int slot, Device device, ITraceSink? trace)
    {
        var network = group.Network;
        (_group, _streamOf) = (group, new DeviceStream[network.Slots]);
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

    public override IReadOnlyList<DeviceStream> Streams => _streams;

    public override void Bring(StreamedBlock block, DeviceMemory buffer, IEnumerable<(int Peer, SlotPost Post)> posts)
    {
        foreach (var (peer, post) in posts)
        {
            var (stream, slice) = (_streamOf[peer], _group.SliceOf(block, peer));
            stream.Wait(post.Event);
            if (slice.Bytes > 0) stream.Copy(block.Layout.Name, post.Memory!, post.Start, buffer, slice.Offset, slice.Bytes);
        }
    }
}
