using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A block whose weights lie on a slow tier and are brought to the device for each visit.</summary>
internal sealed class StreamedBlock(BlockLayout layout, StoredBlock stored)
{
    public BlockLayout Layout { get; } = layout;

    /// <summary>Where its tensors lie in what is transferred, where the host folds.</summary>
    public PackedLayout Packed { get; } = new(layout);

    /// <summary>Where its bytes are.</summary>
    public StoredBlock Stored { get; } = stored;

    /// <summary>The step that the stored weights are folded up to, once what is queued has been written.</summary>
    public int Step { get; set; } = stored.Version?.Step ?? 0;

    /// <summary>The last write-back that was queued; null for none.</summary>
    public DeviceEvent? Written { get; set; }

    /// <summary>The step that its weights on the device are folded up to.</summary>
    public int VisitedStep => Layout.Entries.Where(entry => entry.Parameter.Trainable).Min(entry => entry.Parameter.FoldedTo);

    /// <summary>Whether any of it is trained.</summary>
    public bool IsTrained => Layout.TrainedBytes > 0;

    /// <summary>Its tensors are those of a buffer, folded up to a step.</summary>
    public void Arrive(BlockBuffer buffer)
    {
        var places = buffer.PlacesOf(this);
        for (var i = 0; i < places.Length; i++)
        {
            var parameter = Layout.Entries[i].Parameter;
            parameter.Bind(places[i], buffer.IsPacked && parameter.Transfer is not null);
            if (parameter.Trainable) parameter.FoldedTo = buffer.Step;
        }
    }

    /// <summary>
    /// Whether what is stored is of a run, if need be as it was before it was last written: that is what is stored from here on. Nothing
    /// of the block was used before.
    /// </summary>
    public bool Recall(Func<StoredVersion, bool> belongs)
    {
        if (!IsTrained) return true;
        if (!Stored.Recall(belongs)) return false;
        Step = Stored.Version!.Value.Step;
        return true;
    }

    /// <summary>Its tensors are where they are stored, and nowhere else. Frozen ones lack nothing, however far the run has gone.</summary>
    public void Depart()
    {
        foreach (var (parameter, _) in Layout.Entries)
        {
            parameter.Bind(null);
            if (parameter.Trainable) parameter.FoldedTo = Step;
        }
    }
}
