namespace DistZO.Devices;

/// <summary>How slots on devices of their own bring the slices of a block together.</summary>
public enum GatherKind
{
    /// <summary>Each copies the slices of the others out of their memory.</summary>
    Copy,

    /// <summary>All take part in NVIDIA's all-gather.</summary>
    Nccl,
}

/// <summary>
/// What devices gather the slices of a block with in one operation of all of them. Each calls the same operations in the same order, on a stream of
/// its own, and what is queued there behind one waits until all have come to it. Disposed after these streams and before the devices.
/// </summary>
public abstract class Collective : IDisposable
{
    /// <summary>
    /// Nobody waits for the others any more: what is under way ends with any bytes in the slices of others, and what comes later fails, told why.
    /// Called when a stream has failed, from any thread; the first reason stays.
    /// </summary>
    public abstract void Abort(Exception reason);

    public abstract void Dispose();
}
