using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A visit of a slot for which a buffer is filled: where that stands.</summary>
internal sealed class SlotVisit(BlockBuffer buffer)
{
    /// <summary>None.</summary>
    public const int Never = -1;

    public BlockBuffer Buffer => buffer;

    /// <summary>Which; <see cref="Never"/> for none.</summary>
    public int Number { get; set; } = Never;

    /// <summary>The step that the slot's slice was folded up to where it was stored.</summary>
    public int StoredStep { get; set; }

    /// <summary>Happens when the slot's slice has been read.</summary>
    public DeviceEvent? Uploaded { get; set; }

    /// <summary>Happens when it is folded up to the step of the pass; null until that is queued.</summary>
    public DeviceEvent? Folded { get; set; }

    /// <summary>Whether the copies of the others' slices are queued.</summary>
    public bool IsGathered { get; set; }
}
