using DistZO.Devices;

namespace DistZO.Training;

/// <summary>The memory of devices that have some of their own beside the host's, in bytes a slot.</summary>
/// <param name="Name">What people call it, such as <c>cuda:0</c>.</param>
/// <param name="Free">What a run may take.</param>
/// <param name="Working">What its passes, and what slots gather with, take of that besides weights.</param>
public sealed record OwnMemory(string Name, long Free, long Working)
{
    /// <summary>So much of what is free is left to the driver, which loads kernels of libraries as they are called: a part, and no more than a number.</summary>
    private const int MarginPart = 16;
    private const long LargestMargin = 1L << 30;

    /// <summary>What of the free memory of the least of some devices a slot may take; null where they compute in host memory.</summary>
    /// <param name="devices">By slot; those that share a GPU share its memory evenly.</param>
    /// <param name="working">What passes take, counted on an imagined device of theirs.</param>
    public static OwnMemory? Of(IReadOnlyList<Device> devices, Func<Device, long> working)
    {
        if (devices[0].OpenImagined() is not { } imagined) return null;
        using (imagined)
        {
            var least = devices.MinBy(FreeOf)!;
            return new OwnMemory(least.MemoryName!, FreeOf(least), working(imagined) + least.CollectiveBytes);
        }

        long FreeOf(Device device)
        {
            var free = device.FreeMemory!.Value + device.CollectiveBytes;
            return (free - Math.Min(free / MarginPart, LargestMargin)) / devices.Count(other => other.MemoryName == device.MemoryName);
        }
    }
}
