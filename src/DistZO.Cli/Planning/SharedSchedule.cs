namespace DistZO.Cli.Planning;

/// <summary>
/// Slots that share each block, or one whose host folds: visit v has buffer v modulo R, and after it a slot asks for the upload of v + R,
/// the fold of its part of v + R, and the gather of v + R − 1.
/// </summary>
internal sealed class SharedSchedule : StepSchedule
{
    private readonly Dictionary<SlotLanes, SlotNotes> _notes = [];
    private readonly HostLanes? _host;
    private int _asked;

    public SharedSchedule(StepModel model)
        : base(model)
    {
        // Slots are less than a pass apart.
        var kept = 3 * (model.Visits + Buffers);
        foreach (var slot in Slots) _notes.Add(slot, new SlotNotes(kept));
        if (model.HostFolds) _host = new HostLanes(model, Timeline, Disk, kept);
    }

    protected override void Begin(SlotLanes slot, int visit)
    {
        var (own, end) = (_notes[slot], visit + Model.Visits);
        while (own.Uploads < (Model.HostFolds ? Math.Min(visit + Buffers, end) : visit + Buffers)) Upload(slot, own.Uploads);
        for (var next = visit; next < visit + Buffers; next++) Fold(slot, next);
        for (var next = visit; next < visit + Buffers - 1; next++) Gather(slot, next);
    }

    protected override Work? Arrival(SlotLanes slot, int visit)
    {
        if (Model.Path == BlockPath.Whole) return _notes[slot].Uploaded.Of(visit);
        // With one buffer nothing is gathered before.
        Gather(slot, visit);
        return _notes[slot].Gathered.Of(visit);
    }

    protected override int FoldedByKernels(int visit) => Model.Path == BlockPath.Whole && !Model.HostFolds ? Pending(visit) : 0;

    protected override void Leave(SlotLanes slot, int visit)
    {
        if (IsWritten(visit)) WriteBack(slot, visit);
        var end = ((visit / Model.Visits) + 1) * Model.Visits;
        if (visit + Buffers < end || !Model.HostFolds) Upload(slot, visit + Buffers);
        if (visit + Buffers < end) Fold(slot, visit + Buffers);
        if (Buffers > 1 && visit + Buffers - 1 < end) Gather(slot, visit + Buffers - 1);
    }

    private void Upload(SlotLanes slot, int visit)
    {
        var own = _notes[slot];
        own.Uploads = visit + 1;
        if (Model.Path == BlockPath.Sharded) return;
        var (before, last) = (visit - Buffers, visit - Model.Visits);
        var work = own.Uploaded.Of(visit);
        if (before >= 0 && IsWritten(before) && slot.WrittenPart > 0) work.After.Add(own.Written.Of(before));
        if (before >= 0 && Model.Path == BlockPath.Sliced) work.After.AddRange(Slots.Select(peer => _notes[peer].Gathered.Of(before)));
        if (last >= 0 && IsWritten(last)) work.After.AddRange(Slots.Where(peer => peer.WrittenPart > 0).Select(peer => _notes[peer].Written.Of(last)));
        if (_host is not null) work.After.Add(Prepared(_host, visit));
        slot.Upload(work, LayerOf(visit));
    }

    /// <summary>The host folds and packs the part of a visit once, for all slots, into what they have uploaded before.</summary>
    private Work Prepared(HostLanes host, int visit)
    {
        if (visit == _asked) host.Ask(_asked++, Pending(visit), IsDue, visit < Buffers ? [] : Slots.Select(slot => _notes[slot].Uploaded.Of(visit - Buffers)));
        return host.Folded(visit);
    }

    /// <summary>Whether slots write back what they have visited.</summary>
    private bool IsWritten(int visit) => !Model.HostFolds && IsDue(visit);

    private void Fold(SlotLanes slot, int visit)
    {
        if (Model.Path == BlockPath.Whole) return;
        var work = _notes[slot].Folded.Of(visit);
        // What is folded in its place must not be copied by anybody any more.
        if (Model.Path == BlockPath.Sliced) work.After.Add(_notes[slot].Uploaded.Of(visit));
        else if (visit >= Model.Visits) work.After.AddRange(Slots.Select(peer => _notes[peer].Gathered.Of(visit - Model.Visits)));
        slot.Fold(Model.HostFolds ? 0 : Pending(visit), work);
    }

    private void Gather(SlotLanes slot, int visit)
    {
        var own = _notes[slot];
        if (Model.Path == BlockPath.Whole || visit < own.Gathers) return;
        own.Gathers = visit + 1;
        var work = own.Gathered.Of(visit);
        work.Seconds = (1 - slot.Part) * Model.MovedBytes / Model.Parts / Model.FabricRate;
        work.After.AddRange(Slots.Select(peer => _notes[peer].Folded.Of(visit)));
        slot.Gather.Queue(work);
    }

    private void WriteBack(SlotLanes slot, int visit)
    {
        if (slot.WrittenPart == 0) return;
        var work = _notes[slot].Written.Of(visit);
        if (Model.Path == BlockPath.Whole) work.After.AddRange(Slots.Select(peer => _notes[peer].Uploaded.Of(visit)));
        slot.WriteBack(work, LayerOf(visit));
    }
}
