namespace DistZO.Devices;

/// <summary>A point in a stream's work, or in the kernels of a device. It happens once; whoever waits goes on from there.</summary>
public abstract class DeviceEvent
{
    /// <summary>Whether it has happened.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Blocks the caller until it has happened. Throws what made the stream fail, if it did.</summary>
    public abstract void Synchronize();
}
