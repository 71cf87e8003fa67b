namespace DistZO.Cli.Planning;

/// <summary>
/// When the steps of slots are over whose lanes wait for each other (docs/plan.md): a slot asks for transfers when it leaves a layer, and
/// computes the next one once that is there. The first steps fill the buffers; the average is over those after them.
/// </summary>
internal abstract class StepSchedule
{
    private const int Steps = 16;
    private readonly Lane _commit;
    private double[] _ends = [];
    private int _step;
    private int _computing;

    protected StepSchedule(StepModel model)
    {
        (Model, Disk) = (model, model.Disk is null ? null : new SharedResource());
        (Slots, _commit) = (SlotLanes.Of(model, Timeline, Disk), Timeline.Add());
        Buffers = Math.Min(model.Buffers, model.Visits);
    }

    protected StepModel Model { get; }

    protected Timeline Timeline { get; } = new();

    /// <summary>The node's; null where no layer lies on one.</summary>
    protected SharedResource? Disk { get; }

    protected IReadOnlyList<SlotLanes> Slots { get; }

    /// <summary>No more than there are parts of streamed layers.</summary>
    protected int Buffers { get; }

    /// <summary>Seconds a step.</summary>
    public static double StepSeconds(StepModel model) => model is { Slots.Count: 1, Path: BlockPath.Whole, HostFoldSeconds: null }
        ? new LoneSchedule(model).StepSeconds()
        : new SharedSchedule(model).StepSeconds();

    private double StepSeconds()
    {
        // Whole rounds of K steps, so that each block is written back equally often.
        var steps = (((Steps - 1) / Model.WriteBackSteps) + 1) * Model.WriteBackSteps;
        _ends = new double[3 * steps];
        BeginStep();
        while (_step < _ends.Length) Timeline.Pass();
        return (_ends[^1] - _ends[steps - 1]) / (2 * steps);
    }

    /// <summary>A slot begins a pass over all layers. Visits of parts of streamed layers are numbered over all passes.</summary>
    protected abstract void Begin(SlotLanes slot, int visit);

    /// <summary>What a slot must wait for before it computes a visit.</summary>
    protected abstract Work? Arrival(SlotLanes slot, int visit);

    /// <summary>A slot has computed a visit.</summary>
    protected abstract void Leave(SlotLanes slot, int visit);

    /// <summary>Commits that are folded into the part of a visit where it is computed.</summary>
    protected abstract int FoldedByKernels(int visit);

    /// <summary>The part that is visited, counted over all streamed layers.</summary>
    protected int BlockOf(int visit) => visit % Model.Visits;

    /// <summary>The streamed layer that it is of.</summary>
    protected int LayerOf(int visit) => BlockOf(visit) / Model.Parts;

    /// <summary>Whether a visit is followed by a write-back.</summary>
    protected bool IsDue(int visit) => Model.WritesBack && PassOf(visit) == 0 && IsDue(StepOf(visit), BlockOf(visit));

    /// <summary>Commits that the part of a visit lacks as it is stored.</summary>
    protected int Pending(int visit)
    {
        var (step, pass, block) = (StepOf(visit), PassOf(visit), BlockOf(visit));
        if (Model.TrainedBytes == 0 || (pass > 0 && (!Model.FoldsAgain || IsDue(step, block)))) return 0;
        return Model.FoldsAgain ? ((step + block + Model.WriteBackSteps - 1) % Model.WriteBackSteps) + 1 : 1;
    }

    /// <summary>The pass of its step that a visit belongs to.</summary>
    protected int PassOf(int visit) => visit / Model.Visits % Model.Passes;

    private int StepOf(int visit) => visit / Model.Visits / Model.Passes;

    private bool IsDue(int step, int block) => (step + block) % Model.WriteBackSteps == 0;

    private void BeginStep()
    {
        _computing = Slots.Count;
        foreach (var slot in Slots) BeginPass(slot, 0);
    }

    private void BeginPass(SlotLanes slot, int pass)
    {
        var visit = ((_step * Model.Passes) + pass) * Model.Visits;
        if (Model.Streamed > 0) Begin(slot, visit);
        slot.Compute(slot.FirstSeconds, new Work());
        if (Model.Streamed > 0) Enter(slot, visit);
        else EndPass(slot, pass);
    }

    private void Enter(SlotLanes slot, int visit)
    {
        var (block, pass) = (BlockOf(visit), PassOf(visit));
        if (block % Model.Parts == 0)
        {
            var layer = LayerOf(visit);
            var before = Place(layer) - (layer == 0 ? 0 : Place(layer - 1) + 1);
            slot.Compute(ResidentSeconds(slot, pass, before), new Work());
        }

        var work = new Work
        {
            Then = () =>
            {
                Leave(slot, visit);
                if (block + 1 < Model.Visits) Enter(slot, visit + 1);
                else EndPass(slot, pass);
            },
        };
        if (Arrival(slot, visit) is { } arrival) work.After.Add(arrival);
        slot.Compute(slot.VisitSeconds(FoldedByKernels(visit)), work);
    }

    private void EndPass(SlotLanes slot, int pass)
    {
        var after = Model.Streamed == 0 ? Model.Layers : Model.Layers - Place(Model.Streamed - 1) - 1;
        slot.Compute(ResidentSeconds(slot, pass, after) + slot.LastSeconds, new Work
        {
            Then = () =>
            {
                if (pass + 1 < Model.Passes) BeginPass(slot, pass + 1);
                else if (--_computing == 0) Commit();
            },
        });
    }

    private void Commit() => _commit.Queue(new Work
    {
        Seconds = Model.CommitSeconds,
        Then = () =>
        {
            _ends[_step++] = Timeline.Now;
            if (_step < _ends.Length) BeginStep();
        },
    });

    private static double ResidentSeconds(SlotLanes slot, int pass, int layers) => layers * slot.LayerSeconds(pass == 0 ? 1 : 0);

    /// <summary>Where a streamed layer is among all.</summary>
    private int Place(int streamed) => (int)((long)streamed * Model.Layers / Model.Streamed);
}
