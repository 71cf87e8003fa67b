using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Takes part in gathers of all slots. They make the same ones in the same order, since all queue those of the same visits in the same order; one that
/// does not come to a visit, since its pass was given up, makes up for it in <see cref="SlotStream.Follow"/>.
/// </summary>
internal sealed class CollectiveGather(SlotGroup group, Collective collective, int slot, Device device, ITraceSink? trace) : SlotGather
{
    private readonly DeviceStream _stream = device.CreateStream(new StreamOptions($"slot {slot} gather", null, trace));

    public override IReadOnlyList<DeviceStream> Streams => [_stream];

    public override void Bring(StreamedBlock block, DeviceMemory buffer, IEnumerable<(int Peer, SlotPost Post)> posts)
    {
        // Where the slices are does not matter, but whoever has given up has to be known of.
        foreach (var _ in posts)
        {
        }

        _stream.Gather(block.Layout.Name, collective, slot, buffer, group.BoundsOf(block));
    }
}
