namespace DistZO.Cli.Planning;

/// <summary>
/// When things end that wait for each other, visit by visit: an equation for each kind, over maxima and sums. With u the upload, w the
/// write-back, c computing and g gathering, of visit v with R buffers:
/// <code>
/// upload(v)  = max(upload(v−1), free(a buffer), written(same block), host fold(v)) + u
/// gather(v)  = max(gather(v−1), upload(v) of all slots, begin of the step) + fold of the part + g
/// compute(v) = max(compute(v−1) + resident layers in between, upload(v) or gather(v)) + c
/// written(v) = max(written(v−1), compute(v)) + w              where v is due
/// free(its buffer) = written(v) where v is due, else compute(v)
/// </code>
/// A disk is one more thing that each read and write waits for. The first steps fill the buffers; the average is over those after them.
/// </summary>
internal sealed class SteadySchedule
{
    private const int Steps = 16;
    private readonly StepModel _model;
    private readonly Slot[] _slots;
    private readonly int _buffers;
    private double _begin;
    private double _disk;
    private double _gathered;
    private double _hostFolded;

    public SteadySchedule(StepModel model)
    {
        _model = model;
        _slots = [.. model.Slots.Select((slot, n) => new Slot(model, slot, n))];
        _buffers = model.Moves ? model.Buffers : model.Streamed;
    }

    /// <summary>Seconds a step.</summary>
    public double StepSeconds()
    {
        // Whole rounds of K steps, so that each block is written back equally often.
        var rounds = ((Steps - 1) / _model.WriteBackSteps) + 1;
        var steps = rounds * _model.WriteBackSteps;
        foreach (var slot in _slots)
        {
            for (var i = 0; i < _buffers; i++) slot.Idle.Add(0);
        }

        if (!HostFolds) foreach (var slot in _slots) Refill(slot);
        for (var step = 0; step < steps; step++) Step(step);
        var began = _begin;
        for (var step = steps; step < 3 * steps; step++) Step(step);
        return (_begin - began) / (2 * steps);
    }

    private bool HostFolds => _model.HostFoldSeconds is not null;

    private void Step(int step)
    {
        foreach (var slot in _slots) slot.Computed = _begin;
        for (var pass = 0; pass < _model.Passes; pass++) Pass(step, pass);
        _begin = _slots.Max(slot => slot.Computed) + _model.CommitSeconds;
    }

    private void Pass(int step, int pass)
    {
        var layer = 0;
        for (var i = 0; i < _model.Streamed; i++)
        {
            var next = (int)((long)i * _model.Layers / _model.Streamed);
            Visit(step, pass, i, next - layer);
            layer = next + 1;
        }

        foreach (var slot in _slots) slot.Computed += Resident(slot, pass, _model.Layers - layer) + (slot.EndsSeconds / _model.Passes);
    }

    private static double Resident(Slot slot, int pass, int layers) => layers * (slot.VisitSeconds + (pass == 0 ? slot.FoldSeconds : 0));

    private void Visit(int step, int pass, int block, int residentBefore)
    {
        var place = ((((step * _model.Passes) + pass) * _model.Streamed) + block) % _buffers;
        if (HostFolds)
        {
            if (pass == 0) _hostFolded = Math.Max(_hostFolded, _begin) + _model.HostFoldSeconds!.Value;
            foreach (var slot in _slots)
            {
                var free = slot.Idle[0];
                slot.Idle.RemoveAt(0);
                Upload(slot, free);
            }
        }

        var pending = Pending(step, pass, block);
        if (_model.Path != BlockPath.Whole && _model.Moves) Gather(place, pending);
        var isDue = _model.WritesBack && pass == 0 && IsDue(step, block);
        foreach (var slot in _slots)
        {
            var folds = _model.Path == BlockPath.Whole || !_model.Moves ? pending * slot.FoldSeconds : 0;
            slot.Computed = Math.Max(slot.Computed + Resident(slot, pass, residentBefore), slot.Arrived[place]) + slot.VisitSeconds + folds;
            slot.Idle.Add(isDue ? WriteBack(slot, block) : slot.Computed);
        }

        if (isDue && _model.Path == BlockPath.Whole) foreach (var slot in _slots) slot.Written[block] = _slots[0].Written[block];
        if (!HostFolds) foreach (var slot in _slots) Refill(slot);
    }

    /// <summary>
    /// Uploads into buffers whose layers have computed. Where not each visit is followed by a write-back, a buffer that is still being
    /// written back is left for later, unless there is no other: else what waits for it would hold up all behind it.
    /// </summary>
    private void Refill(Slot slot)
    {
        for (var i = 0; i < slot.Idle.Count;)
        {
            var free = slot.Idle[i];
            if (_model is { Moves: true, WriteBackSteps: > 1 } && slot.Idle.Count < _buffers && free > slot.Computed)
            {
                i++;
                continue;
            }

            slot.Idle.RemoveAt(i);
            // Nothing is asked for before the visit is over.
            Upload(slot, Math.Max(free, slot.Computed));
        }
    }

    private bool IsDue(int step, int block) => (step + block) % _model.WriteBackSteps == 0;

    private int Pending(int step, int pass, int block)
    {
        if (!_model.FoldsOnDevice || (pass > 0 && (!_model.FoldsAgain || IsDue(step, block)))) return 0;
        if (!_model.FoldsAgain) return 1;
        return ((step + block + _model.WriteBackSteps - 1) % _model.WriteBackSteps) + 1;
    }

    /// <summary>Fills a buffer that is free from some moment on with the next block.</summary>
    private void Upload(Slot slot, double start)
    {
        var (block, place) = (slot.NextUpload % _model.Streamed, slot.NextUpload % _buffers);
        slot.NextUpload++;
        // What has stayed, or is on the device in parts, is not uploaded.
        if (!_model.Moves || _model.Path == BlockPath.Sharded)
        {
            slot.Arrived[place] = start;
            return;
        }

        start = Math.Max(Math.Max(start, slot.Written[block]), Math.Max(slot.Uploaded, HostFolds ? _hostFolded : 0));
        var bytes = _model.MovedBytes * slot.Part;
        slot.Uploaded = slot.Arrived[place] = Move(start, bytes / slot.UploadRate, OnDisk(block) ? bytes / _model.Disk!.ReadRate : null);
    }

    private void Gather(int place, int pending)
    {
        // A commit can be folded into a part only after it is made, and a part is gathered only after that.
        var start = Math.Max(_slots.Max(slot => slot.Arrived[place]), _model.FoldsOnDevice ? _begin : 0);
        start = Math.Max(start, _gathered) + _slots.Max(slot => pending * slot.FoldSeconds * slot.Part);
        _gathered = start + _slots.Max(slot => (1 - slot.Part) * _model.MovedBytes / _model.FabricRate);
        foreach (var slot in _slots) slot.Arrived[place] = _gathered;
    }

    /// <summary>Writes a slot's part of a block back after it has computed; returns when that ends.</summary>
    private double WriteBack(Slot slot, int block)
    {
        if (slot.WrittenPart == 0) return slot.Computed;
        var bytes = _model.TrainedBytes * slot.WrittenPart;
        var start = Math.Max(slot.WrittenBack, slot.Computed);
        return slot.WrittenBack = slot.Written[block] = Move(start, bytes / slot.DownloadRate, OnDisk(block) ? bytes / _model.Disk!.WriteRate : null);
    }

    /// <summary>When a transfer over a link ends, and, where it is one of the disk, over that too.</summary>
    private double Move(double start, double seconds, double? diskSeconds)
    {
        if (diskSeconds is not { } busy) return start + seconds;
        start = Math.Max(start, _disk);
        _disk = start + busy;
        return start + Math.Max(seconds, busy);
    }

    private bool OnDisk(int block) =>
        (block + 1L) * _model.FromDisk / _model.Streamed > (long)block * _model.FromDisk / _model.Streamed;

    /// <summary>What one slot has ended so far, in seconds from the begin.</summary>
    private sealed class Slot(StepModel model, SlotModel slot, int number)
    {
        public double VisitSeconds { get; } = slot.ComputeSeconds + (slot.ZSeconds * slot.Directions);

        public double EndsSeconds => slot.EndsSeconds;

        public double FoldSeconds => slot.FoldSeconds;

        public double UploadRate => slot.UploadRate;

        public double DownloadRate => slot.DownloadRate;

        public double Part { get; } = model.Part(number);

        public double WrittenPart { get; } = model.WrittenPart(number);

        public double Computed { get; set; }

        public double Uploaded { get; set; }

        public double WrittenBack { get; set; }

        /// <summary>The visit that is uploaded next.</summary>
        public int NextUpload { get; set; }

        /// <summary>When each of the buffers is free whose block has computed, in that order.</summary>
        public List<double> Idle { get; } = [];

        /// <summary>By visit, modulo the buffers: when its block is there.</summary>
        public double[] Arrived { get; } = new double[Math.Max(model.Buffers, model.Streamed)];

        /// <summary>By block: when it was last written back.</summary>
        public double[] Written { get; } = new double[model.Streamed];
    }
}
