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
}
