namespace DistZO.Cli.Planning;

/// <summary>
/// When things end that wait for each other, visit by visit: an equation for each kind, over maxima and sums. With u the upload, w the
/// write-back, c computing and g gathering, of visit v with R buffers:
/// <code>
/// upload(v)  = max(upload(v−1), free(v−R), written(same block), host fold(v)) + u
/// gather(v)  = max(gather(v−1), upload(v) of all slots, begin of the step) + fold of the part + g
/// compute(v) = max(compute(v−1) + resident layers in between, upload(v) or gather(v)) + c
/// written(v) = max(written(v−1), compute(v)) + w              where v is due
/// free(v)    = written(v) where v is due, else compute(v)
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
        if (!HostFolds) for (var visit = 0; visit < _buffers; visit++) Upload(visit);
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
        var visit = (((step * _model.Passes) + pass) * _model.Streamed) + block;
        var buffer = visit % _buffers;
        if (HostFolds)
        {
            if (pass == 0) _hostFolded = Math.Max(_hostFolded, _begin) + _model.HostFoldSeconds!.Value;
            Upload(visit);
        }

        var pending = Pending(step, pass, block);
        if (_model.Path != BlockPath.Whole && _model.Moves) Gather(buffer, pending);
        var isDue = _model.WritesBack && pass == 0 && IsDue(step, block);
        foreach (var slot in _slots)
        {
            var folds = _model.Path == BlockPath.Whole || !_model.Moves ? pending * slot.FoldSeconds : 0;
            slot.Computed = Math.Max(slot.Computed + Resident(slot, pass, residentBefore), slot.Arrived[buffer]) + slot.VisitSeconds + folds;
            slot.Free[buffer] = slot.Computed;
        }

        if (isDue) WriteBack(block, buffer);
        if (!HostFolds) Upload(visit + _buffers);
    }

    private bool IsDue(int step, int block) => (step + block) % _model.WriteBackSteps == 0;

    private int Pending(int step, int pass, int block)
    {
        if (!_model.FoldsOnDevice || (pass > 0 && (!_model.FoldsAgain || IsDue(step, block)))) return 0;
        if (!_model.FoldsAgain) return 1;
        return ((step + block + _model.WriteBackSteps - 1) % _model.WriteBackSteps) + 1;
    }

    private void Upload(int visit)
    {
        var (block, buffer) = (visit % _model.Streamed, visit % _buffers);
        if (!_model.Moves)
        {
            // It has stayed where it was.
            foreach (var slot in _slots) slot.Arrived[buffer] = slot.Free[buffer];
            return;
        }

        var isOnDisk = OnDisk(block);
        foreach (var slot in _slots)
        {
            var start = Math.Max(slot.Free[buffer], slot.Written[block]);
            if (_model.Path == BlockPath.Sharded)
            {
                slot.Arrived[buffer] = start;
                continue;
            }

            start = Math.Max(start, Math.Max(slot.Uploaded, HostFolds ? _hostFolded : 0));
            var bytes = _model.MovedBytes * slot.Part;
            var seconds = bytes / slot.UploadRate;
            if (isOnDisk)
            {
                start = Math.Max(start, _disk);
                var reading = bytes / _model.Disk!.ReadRate;
                _disk = start + reading;
                seconds = Math.Max(seconds, reading);
            }

            slot.Uploaded = slot.Arrived[buffer] = start + seconds;
        }
    }

    private void Gather(int buffer, int pending)
    {
        // A commit can be folded into a part only after it is made, and a part is gathered only after that.
        var start = Math.Max(_slots.Max(slot => slot.Arrived[buffer]), _model.FoldsOnDevice ? _begin : 0);
        start = Math.Max(start, _gathered) + _slots.Max(slot => pending * slot.FoldSeconds * slot.Part);
        _gathered = start + _slots.Max(slot => (1 - slot.Part) * _model.MovedBytes / _model.FabricRate);
        foreach (var slot in _slots) slot.Arrived[buffer] = _gathered;
    }

    private void WriteBack(int block, int buffer)
    {
        var isOnDisk = OnDisk(block);
        foreach (var slot in _slots)
        {
            if (slot.WrittenPart == 0) continue;
            var bytes = _model.TrainedBytes * slot.WrittenPart;
            var seconds = bytes / slot.DownloadRate;
            var start = Math.Max(slot.WriteBack, slot.Free[buffer]);
            if (isOnDisk)
            {
                start = Math.Max(start, _disk);
                var writing = bytes / _model.Disk!.WriteRate;
                _disk = start + writing;
                seconds = Math.Max(seconds, writing);
            }

            slot.WriteBack = slot.Free[buffer] = slot.Written[block] = start + seconds;
        }

        if (_model.Path != BlockPath.Whole) return;
        foreach (var slot in _slots) slot.Written[block] = _slots[0].Written[block];
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

        public double WriteBack { get; set; }

        /// <summary>By buffer: when its block is there.</summary>
        public double[] Arrived { get; } = new double[Math.Max(model.Buffers, model.Streamed)];

        /// <summary>By buffer: when nothing needs it any more.</summary>
        public double[] Free { get; } = new double[Math.Max(model.Buffers, model.Streamed)];

        /// <summary>By block: when it was last written back.</summary>
        public double[] Written { get; } = new double[model.Streamed];
    }
}
