namespace DistZO.Devices;

/// <summary>
/// A queue of transfers of one device: they run one after the other, beside the device's kernels and its other streams. Only events
/// order streams and kernels among each other. Calls return at once; one that fails makes all behind it fail, and whoever waits for
/// their events is told why. Disposing waits for what is queued. What is done on the host may be left to streams of
/// <see cref="Device.CreateHostStream"/>.
/// </summary>
public abstract class DeviceStream : IDisposable
{
    /// <summary>For people: <c>upload</c>, <c>write-back</c>, <c>gather</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Copies bytes of a stored block to the device.</summary>
    public abstract void Upload(StoredBlock source, long offset, DeviceMemory destination, long destinationOffset, long bytes);

    /// <summary>Copies bytes of the device into the next version of a stored block.</summary>
    public abstract void Download(DeviceMemory source, long offset, StoredBlock destination, long destinationOffset, long bytes);

    /// <summary>The next version of a stored block is whole: it is the one that is read from here on.</summary>
    public abstract void Commit(StoredBlock block, StoredVersion version);

    /// <summary>Copies between memories of this device, or from a peer's to this one's.</summary>
    /// <param name="label">For people: what is copied.</param>
    /// <param name="source">Of this device or of one that it reaches.</param>
    /// <param name="offset">In the source.</param>
    /// <param name="destination">Of this device.</param>
    /// <param name="destinationOffset">In the destination.</param>
    /// <param name="bytes">How many.</param>
    public abstract void Copy(string label, DeviceMemory source, long offset, DeviceMemory destination, long destinationOffset, long bytes);

    /// <summary>
    /// Takes part in a gather: the slices of a block come from all devices of a collective into memory of this one. If this stream has failed before
    /// it comes to it, the collective is aborted.
    /// </summary>
    /// <param name="label">For people: what is gathered.</param>
    /// <param name="collective">Of this device and others.</param>
    /// <param name="member">Which of them this device is.</param>
    /// <param name="block">Memory of this device; holds its own slice in its place.</param>
    /// <param name="bounds">The byte at which each slice begins, and the end of the last one; the same for all, not changed afterwards.</param>
    public virtual void Gather(string label, Collective collective, int member, DeviceMemory block, long[] bounds) =>
        throw new NotSupportedException($"the device of '{Name}' has no collectives");

    /// <summary>
    /// Does now what moving a stored block otherwise does when it is first moved, and what must not happen while a device waits for others: pinning
    /// host memory stops all GPUs of a process. Called while nothing is queued.
    /// </summary>
    public virtual void Prepare(StoredBlock block)
    {
    }

    /// <summary>On the host: copies the first bytes of a stored block into another one, or into its next version. One of them is a <see cref="HostBlock"/>.</summary>
    /// <param name="source">What is read.</param>
    /// <param name="destination">Is written.</param>
    /// <param name="bytes">How many, a multiple of <see cref="BlockLayout.Alignment"/>.</param>
    public virtual void Copy(StoredBlock source, StoredBlock destination, long bytes) => throw IsOfTheDevice();

    /// <summary>Folds updates into a run of elements of a tensor in device memory.</summary>
    /// <param name="range">Which elements of which tensor.</param>
    /// <param name="updates">In order; not changed afterwards.</param>
    public abstract void Fold(in FoldRange range, WeightUpdate[] updates);

    /// <summary>On the host: folds updates into the trained tensors of a block in host memory.</summary>
    /// <param name="block">A <see cref="HostBlock"/>; folded in place.</param>
    /// <param name="layout">Where its tensors are.</param>
    /// <param name="updates">Those that it lacks, in order; not changed afterwards.</param>
    public virtual void Fold(StoredBlock block, BlockLayout layout, WeightUpdate[] updates) => throw IsOfTheDevice();

    /// <summary>
    /// On the host: folds updates into the trained tensors of a block in host memory, and packs all of its tensors as they are transferred.
    /// </summary>
    /// <param name="source">A <see cref="HostBlock"/>; folded in place.</param>
    /// <param name="updates">Those that it lacks, in order; not changed afterwards.</param>
    /// <param name="destination">Is overwritten.</param>
    public virtual void Pack(StoredBlock source, WeightUpdate[] updates, StagedBlock destination) => throw IsOfTheDevice();

    /// <summary>What is queued from here on runs after an event of any stream or device.</summary>
    public abstract void Wait(DeviceEvent happened);

    /// <summary>An event that happens when all that is queued so far is done.</summary>
    public abstract DeviceEvent Record();

    public abstract void Dispose();

    private NotSupportedException IsOfTheDevice() => new($"'{Name}' is no stream of the host");
}

/// <summary>Some elements of a tensor, for folding outside of a kernel's visit.</summary>
/// <param name="Memory">Holds the tensor's element <see cref="First"/> at its byte 0.</param>
/// <param name="Type">Number format.</param>
/// <param name="Ordinal">The tensor's position in the layout.</param>
/// <param name="Decays">Whether its role has weight decay.</param>
/// <param name="Start">First element, counted in the tensor.</param>
/// <param name="Count">How many elements.</param>
public readonly record struct FoldRange(DeviceMemory Memory, WeightType Type, int Ordinal, bool Decays, long Start, long Count)
{
    /// <summary>The element of the tensor with which the memory begins; not behind <see cref="Start"/>.</summary>
    public long First { get; init; }
}
