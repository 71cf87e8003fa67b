using DistZO.Devices;

namespace DistZO.Models.Tests.Slots;

/// <summary>Devices of slots that check what they do against each other.</summary>
internal sealed class CheckedDevices(int count, int seed, AccessLog log) : IDisposable
{
    public IReadOnlyList<Device> All { get; } = [.. Enumerable.Range(0, count).Select(i => new CheckedDevice(new ReferenceDevice(), (seed * 10) + i, log))];

    public void Dispose()
    {
        foreach (var device in All) device.Dispose();
    }

    /// <summary>What a run sees on such devices, none of which may find a race.</summary>
    public static List<string> Run(
        AccessLog log,
        string folder,
        int slots,
        bool hasFabric,
        Offloading offloading,
        WeightType type,
        TransferType? transfer,
        int seed,
        string part = "full",
        bool givesUp = false)
    {
        using var devices = new CheckedDevices(slots, seed, log);
        var seen = SlotRuns.Run(folder, devices.All, SlotNetwork.Of(slots, hasFabric), offloading, type, part, givesUp, transfer);
        Assert.True(log.Checked > 100);
        Assert.Empty(log.Races);
        return seen;
    }
}
