namespace DistZO.Cli.Planning;

/// <summary>What one slot does at once, or several slots that are alike in everything and so do all at the same moments.</summary>
internal sealed class SlotLanes
{
    private readonly StepModel _model;
    private readonly SlotModel _slot;
    private readonly SharedResource? _disk;
    private readonly SharedResource _device = new();
    private readonly Lane _kernels;
    private readonly Lane _fold;
    private readonly Lane _upload;
    private readonly Lane _writeBack;

    private SlotLanes(StepModel model, int number, int copies, Timeline timeline, SharedResource? disk)
    {
        (_model, _slot, _disk, Copies) = (model, model.Slots[number], disk, copies);
        (Part, WrittenPart) = (model.Part(number), model.WrittenPart(number));
        (_kernels, _upload, _writeBack, _fold, Gather) = (timeline.Add(), timeline.Add(), timeline.Add(), timeline.Add(), timeline.Add());
    }

    /// <summary>So many slots.</summary>
    public int Copies { get; }

    /// <summary>The slice of a part of a layer that comes over its own link, or is held by it.</summary>
    public double Part { get; }

    /// <summary>The slice of a part's trained bytes that it writes back.</summary>
    public double WrittenPart { get; }

    /// <summary>Copies from the other slots.</summary>
    public Lane Gather { get; }

    /// <summary>One for each kind of slot; the one that writes whole blocks back is a kind of its own.</summary>
    /// <param name="model">The step.</param>
    /// <param name="timeline">Gets their lanes.</param>
    /// <param name="disk">The node's; null where no layer lies on one.</param>
    public static IReadOnlyList<SlotLanes> Of(StepModel model, Timeline timeline, SharedResource? disk)
    {
        var kinds = Enumerable.Range(0, model.Slots.Count).GroupBy(slot => (model.Slots[slot], model.WrittenPart(slot)));
        return [.. kinds.Select(alike => new SlotLanes(model, alike.First(), alike.Count(), timeline, disk))];
    }

    /// <summary>Its kernels are busy.</summary>
    public void Compute(double seconds, Work work) => Use(_kernels, work, seconds);

    /// <summary>Commits are folded into its slice of a part beside other kernels, which takes them as much time.</summary>
    public void Fold(int pending, Work work) => Use(_fold, work, FoldSeconds(pending) * Part / _model.Parts);

    /// <summary>The kernels of one visit of a part, with so many commits to fold.</summary>
    public double VisitSeconds(int pending) => LayerSeconds(pending) / _model.Parts;

    /// <summary>The same for a whole layer.</summary>
    public double LayerSeconds(int pending) => _slot.ComputeSeconds + (_slot.ZSeconds * _slot.Directions) + FoldSeconds(pending);

    /// <summary>What comes before the first layer of a pass.</summary>
    public double FirstSeconds => _slot.FirstSeconds / _model.Passes;

    /// <summary>What comes after the last one.</summary>
    public double LastSeconds => (_slot.EndsSeconds - _slot.FirstSeconds) / _model.Passes;

    /// <summary>Its slice of a part comes from the host.</summary>
    public void Upload(Work work, int layer) => Move(_upload, work, layer, _model.MovedBytes * Part, _slot.UploadRate, _model.Disk?.ReadRate);

    /// <summary>Its slice of the trained bytes goes back.</summary>
    public void WriteBack(Work work, int layer) => Move(_writeBack, work, layer, _model.TrainedBytes * WrittenPart, _slot.DownloadRate, _model.Disk?.WriteRate);

    private double FoldSeconds(int pending) => pending * _slot.FoldSeconds;

    private void Use(Lane lane, Work work, double seconds)
    {
        (work.Shared, work.SharedSeconds) = (_device, seconds);
        lane.Queue(work);
    }

    private void Move(Lane lane, Work work, int layer, double layerBytes, double linkRate, double? diskRate)
    {
        var bytes = layerBytes / _model.Parts;
        work.Seconds = bytes / linkRate;
        // Where the host folds, it comes out of its memory.
        if (!_model.HostFolds && _model.IsOnDisk(layer)) (work.Shared, work.SharedSeconds, work.Copies) = (_disk, bytes / diskRate!.Value, Copies);
        lane.Queue(work);
    }
}
