namespace DistZO.Cli.Planning;

/// <summary>A slot that shares its blocks with no other: an upload goes into whichever buffer is free first.</summary>
internal sealed class LoneSchedule : StepSchedule
{
    private readonly Work[] _arrivals;
    private readonly Work?[] _written;

    // By buffer whose block has computed: its write-back, or null.
    private readonly List<Work?> _idle = [];
    private int _uploaded;

    public LoneSchedule(StepModel model)
        : base(model) => (_arrivals, _written) = (new Work[Buffers], new Work?[model.Visits]);

    protected override void Begin(SlotLanes slot, int visit)
    {
        while (Model.Moves && _uploaded < Buffers) Upload(slot, null);
    }

    // What has stayed is folded where it is, so its write-back must be over.
    protected override Work? Arrival(SlotLanes slot, int visit) => Model.Moves ? _arrivals[visit % Buffers] : _written[BlockOf(visit)];

    protected override int FoldedByKernels(int visit) => Pending(visit);

    protected override void Leave(SlotLanes slot, int visit)
    {
        Work? written = null;
        if (IsDue(visit))
        {
            _written[BlockOf(visit)] = written = new Work();
            slot.WriteBack(written, LayerOf(visit));
        }

        if (!Model.Moves) return;
        _idle.Add(written);
        Refill(slot);
    }

    /// <summary>
    /// Where not each visit is followed by a write-back, a buffer that is still being written back is left for later, unless there is no
    /// other: else what waits for it would hold up all behind it.
    /// </summary>
    private void Refill(SlotLanes slot)
    {
        for (var i = 0; i < _idle.Count;)
        {
            var written = _idle[i];
            if (Model.WriteBackSteps > 1 && _idle.Count < Buffers && written is { IsOver: false, TakesTime: true })
            {
                i++;
                continue;
            }

            _idle.RemoveAt(i);
            Upload(slot, written);
        }
    }

    private void Upload(SlotLanes slot, Work? free)
    {
        var block = BlockOf(_uploaded);
        var work = new Work();
        if (free is not null) work.After.Add(free);
        if (_written[block] is { } written) work.After.Add(written);
        slot.Upload(work, LayerOf(_uploaded));
        _arrivals[_uploaded++ % Buffers] = work;
    }
}
