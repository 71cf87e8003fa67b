namespace DistZO.Devices;

/// <summary>A range of memory on one device. Freed when disposed; the device that made it must still be alive then.</summary>
public abstract class DeviceMemory : IDisposable
{
    /// <summary>Size in bytes.</summary>
    public abstract long Bytes { get; }

    public abstract void Dispose();
}
