using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Which blocks of a model do not stay on the device, and how they come and go. None of it changes a bit of any result.</summary>
public sealed record Offloading
{
    /// <summary>
    /// Parts of layers that the device has memory for besides the layers that stay: one computes, one is uploaded, one is written back, and
    /// two more since some take longer to compute than others of as many bytes, and layers that stay come in between.
    /// </summary>
    public const int DefaultBuffers = 5;

    /// <summary>The layers that come and go, by number from 0 on; at least one.</summary>
    public required IReadOnlySet<int> Layers { get; init; }

    /// <summary>Opens where blocks are stored, in the order of a pass. The model owns the store. A block without a version is filled with the base.</summary>
    public required Func<IReadOnlyList<BlockLayout>, InitialValues, IBlockStore> Open { get; init; }

    /// <summary>Whether blocks that stay on the device are stored too, so that the next start finds all weights where this one left them.</summary>
    public bool StoresAll { get; init; }

    /// <summary>Parts of layers that the device has memory for at once, of those that come and go.</summary>
    public int Buffers { get; init; } = DefaultBuffers;

    /// <summary>K: a block is written back at every K-th step; null for what measuring finds best.</summary>
    public int? WriteBackSteps { get; init; }

    /// <summary>Whether reading and writing share a disk.</summary>
    public bool SharesLink { get; init; }

    /// <summary>The modelled way to the device; null for as fast as the machine is.</summary>
    public Link? UploadLink { get; init; }

    /// <summary>The modelled way back.</summary>
    public Link? WriteBackLink { get; init; }

    /// <summary>Whether the layers are not stored at all but kept in slices on the slots of a node; <see cref="Open"/> is not called then.</summary>
    public bool IsSharded { get; init; }

    /// <summary>
    /// Whether the host folds commits into the blocks that the passes of <see cref="ModelSlots"/> bring, and what travels is rounded already.
    /// Blocks that are not in host memory come there for it, and are written back from there.
    /// </summary>
    public bool FoldsOnHost { get; init; }

    /// <summary>Which of several slots the model is for; null for one alone.</summary>
    internal SlotPlace? Slot { get; init; }

    /// <summary>Takes what is done when; may be null.</summary>
    public ITraceSink? Trace { get; init; }

    /// <summary>The clock of what is measured.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>One of the slots of a node.</summary>
internal sealed record SlotPlace(SlotGroup Group, int Slot);
