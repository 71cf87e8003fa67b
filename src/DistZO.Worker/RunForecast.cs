using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Worker;

/// <summary>Makes the forecast once the first steps have shown how fast the run is, and refuses a run that cannot end well.</summary>
internal sealed class RunForecast(RunInputs inputs, WorkerOptions options, int saveInterval, int evaluationInterval, TimeProvider time)
{
    private readonly List<double> _seconds = [];
    private double _evaluationSeconds;
    private bool _made;

    /// <summary>Takes the time that an evaluation took.</summary>
    public void AfterEvaluation(double seconds) => _evaluationSeconds = seconds;

    /// <summary>Takes a step's time; returns the forecast when it is due. Throws <see cref="RunFailedException"/> when memory or disk
    /// cannot suffice: what is committed stays, and the same command goes on once there is room.</summary>
    public string? AfterStep(int step, int maxSteps, double seconds)
    {
        if (_made) return null;
        _seconds.Add(seconds);
        if (_seconds.Count < Forecast.MeasuredSteps) return null;
        _made = true;
        var stepsLeft = maxSteps - step;
        var snapshot = SnapshotStore.BytesOf(inputs.Model);
        var export = options.Output is null ? 0 : ModelExport.BytesOf(inputs.Model, inputs.Checkpoint, inputs.Recipe.Get(RecipeKeys.SaveDtype));
        var inUse = Environment.WorkingSet;
        var forecast = new Forecast
        {
            // Buffers have grown to the size of a batch by now; a longer batch or the evaluation may need a little more.
            PeakMemory = inUse + (inUse - Math.Min(inUse, inputs.Model.Bytes)) / 4,
            MemoryInUse = inUse,
            Disk = Forecast.DiskToTheEnd(snapshot, Snapshots(stepsLeft), inputs.Recipe.Get(RecipeKeys.SaveTotalLimit), export),
            RemainingSeconds = Forecast.TimeToTheEnd(
                _seconds, stepsLeft, _evaluationSeconds, inputs.Evaluation is null ? 0 : 1 + (stepsLeft / evaluationInterval)),
        };
        if (forecast.Refusal(MachineResources.Read(options.Output?.Path ?? options.Snapshots ?? ".")) is { } refusal) throw new RunFailedException(refusal);
        return forecast.Describe() + $" (about {time.GetLocalNow().AddSeconds(forecast.RemainingSeconds):HH:mm})";
    }

    private int Snapshots(int stepsLeft) => options is { Snapshots: not null, SavesSnapshots: true } ? stepsLeft / saveInterval : 0;
}
