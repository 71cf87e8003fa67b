namespace DistZO.Cli.Planning;

/// <summary>
/// Predicts a step's time from a description alone. A step takes as long as what is busy longest (sums over the step, below), or longer
/// where one must wait for the other (<see cref="StepSchedule"/>). docs/plan.md has the formulas.
/// </summary>
internal static class StepPredictor
{
    /// <summary>The time of a step in the middle of a run.</summary>
    public static StepPrediction Predict(StepModel model)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(model.Slots.Count, 1, nameof(model));
        ArgumentOutOfRangeException.ThrowIfLessThan(model.Buffers, 1, nameof(model));
        ArgumentOutOfRangeException.ThrowIfLessThan(model.WriteBackSteps, 1, nameof(model));
        ArgumentOutOfRangeException.ThrowIfLessThan(model.Passes, 1, nameof(model));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(model.Streamed, model.Layers, nameof(model));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(model.FromDisk, model.Disk is null ? 0 : model.Streamed, nameof(model));
        var traffic = Traffic(model);
        var busy = Busy(model, traffic);
        return new StepPrediction(Math.Max(busy.Max(one => one.Seconds), StepSchedule.StepSeconds(model)), busy, traffic);
    }

    /// <summary>What a step takes at least: its longest busy time, which is known at once.</summary>
    public static double AtLeast(StepModel model) => Busy(model, Traffic(model)).Max(busy => busy.Seconds);

    /// <summary>Seconds that a slot's kernels run in a step.</summary>
    public static double ComputeSeconds(StepModel model, int slot)
    {
        var one = model.Slots[slot];
        var visits = model.Passes * model.Layers * (one.ComputeSeconds + (one.ZSeconds * one.Directions));
        var part = model.Path == BlockPath.Whole || !model.Moves ? 1 : model.Part(slot);
        var folds = (model.Layers - model.Streamed) + (model.FoldsOnDevice ? model.Streamed * model.PendingCommits * part : 0);
        return one.EndsSeconds + visits + (folds * one.FoldSeconds);
    }

    private static StepTraffic Traffic(StepModel model)
    {
        double moved = model.Moves ? (double)model.Passes * model.Streamed * model.MovedBytes : 0;
        var written = model.WritesBack ? (double)model.Streamed * model.TrainedBytes / model.WriteBackSteps : 0;
        var fromDisk = model.Streamed == 0 ? 0 : (double)model.FromDisk / model.Streamed;
        // The host reads once what it folds for all.
        var read = model.HostFolds ? (double)model.Passes * model.Streamed * model.HeldBytes : moved * (model.Path == BlockPath.Whole ? model.Slots.Count : 1);
        double[] Each(Func<int, double> bytes) => [.. Enumerable.Range(0, model.Slots.Count).Select(bytes)];
        return new StepTraffic(
            Each(slot => model.Path == BlockPath.Sharded ? 0 : moved * model.Part(slot)),
            Each(slot => model.HostFolds ? 0 : written * model.WrittenPart(slot)),
            Each(slot => model.Path == BlockPath.Whole ? 0 : moved * (1 - model.Part(slot))),
            model.Path == BlockPath.Sharded ? 0 : fromDisk * read,
            fromDisk * written);
    }

    private static List<BusyTime> Busy(StepModel model, StepTraffic traffic)
    {
        var slots = Enumerable.Range(0, model.Slots.Count);
        var busy = new List<BusyTime> { new("compute", slots.Max(slot => ComputeSeconds(model, slot))) };
        Add("upload", slots.Max(slot => traffic.Upload[slot] / model.Slots[slot].UploadRate));
        Add("write-back", slots.Max(slot => traffic.WriteBack[slot] / model.Slots[slot].DownloadRate));
        Add("gather", traffic.Gather.Max() / model.FabricRate);
        if (model.Disk is { } disk) Add("disk", (traffic.DiskRead / disk.ReadRate) + (traffic.DiskWrite / disk.WriteRate));
        Add("host fold", model.Streamed * model.PendingCommits * (model.HostFoldSeconds ?? 0));
        return busy;

        void Add(string resource, double seconds)
        {
            if (seconds > 0) busy.Add(new BusyTime(resource, seconds));
        }
    }
}
