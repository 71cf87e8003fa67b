namespace DistZO.Devices;

/// <summary>A range of memory on one device. Freed when disposed; the device that made it must still be alive then.</summary>
public abstract class DeviceMemory : IDisposable
{
    /// <summary>Size in bytes.</summary>
    public abstract long Bytes { get; }

    /// <summary>A part of it, which does not own it: valid as long as the whole is, and disposing it does nothing.</summary>
    public abstract DeviceMemory Slice(long offset, long bytes);

    public abstract void Dispose();
}
