using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Sweeps;

/// <summary>
/// Runs trials by successive halving (arXiv 1502.07943): all to a quarter of the steps, the better half to half of them, the better half of
/// these to the end. Diverged ones are stopped at once. What is stopped can go on later: a run is its ledger.
/// </summary>
/// <param name="trials">All of them.</param>
/// <param name="metric">What makes one better.</param>
/// <param name="maxSteps">Of each.</param>
/// <param name="jobs">How many run side by side.</param>
/// <param name="say">Receives lines for people; from any thread.</param>
internal sealed class Sweep(IReadOnlyList<SweepTrial> trials, string metric, int maxSteps, int jobs, Action<string> say)
{
    /// <summary>The steps at which trials are compared.</summary>
    public static IReadOnlyList<int> Rungs(int maxSteps, bool halves) =>
        halves && maxSteps >= 4 ? [maxSteps / 4, maxSteps / 4 * 2, maxSteps] : [maxSteps];

    /// <summary>Runs them. False if it was asked to stop.</summary>
    /// <param name="halves">Whether hopeless ones are stopped early.</param>
    /// <param name="stopping">Asks to stop.</param>
    public bool Run(bool halves, CancellationToken stopping)
    {
        foreach (var step in Rungs(maxSteps, halves))
        {
            if (!RunAll(step, stopping)) return false;
            if (step < maxSteps) StopWorse(step);
        }

        return true;
    }

    /// <summary>Best first: those that came further, then by the metric, then by loss, then as given.</summary>
    public IReadOnlyList<SweepTrial> Ranked() =>
    [
        .. trials.OrderByDescending(trial => trial.Latest?.Step ?? -1).ThenBy(trial => Badness(trial, metric)).ThenBy(trial => Badness(trial, "loss")),
    ];

    /// <summary>A trial's value of a metric; NaN without one.</summary>
    public static double Value(SweepTrial trial, string metric) => trial.Latest?.Metrics.GetValueOrDefault(metric, double.NaN) ?? double.NaN;

    private bool RunAll(int step, CancellationToken stopping)
    {
        var threads = Math.Max(1, Environment.ProcessorCount / jobs);
        var waiting = new Queue<SweepTrial>(trials.Where(trial => !trial.IsStopped));
        var done = true;
        var runners = Enumerable.Range(0, Math.Min(jobs, waiting.Count)).Select(_ => Task.Factory.StartNew(Work, TaskCreationOptions.LongRunning)).ToArray();
        Task.WaitAll(runners, CancellationToken.None);
        return done && !stopping.IsCancellationRequested;

        void Work()
        {
            while (!stopping.IsCancellationRequested)
            {
                SweepTrial? trial;
                lock (waiting)
                {
                    if (!waiting.TryDequeue(out trial)) return;
                }

                if (!trial.RunTo(step, threads, stopping)) done = false;
                else say($"{trial.Name}: {metric} {Value(trial, metric):0.000}  loss {Value(trial, "loss"):0.000} at step {step}");
            }
        }
    }

    private void StopWorse(int step)
    {
        var going = Ranked().Where(trial => !trial.IsStopped).ToList();
        var kept = Math.Max(1, (going.Count + 1) / 2);
        foreach (var (trial, rank) in going.Select((trial, rank) => (trial, rank)))
        {
            // The first is kept even if all have diverged, so that there is something to show.
            trial.IsStopped = rank >= kept || (rank > 0 && !double.IsFinite(Value(trial, "loss")));
            if (trial.IsStopped) say($"{trial.Name}: stopped at step {step}");
        }
    }

    private static double Badness(SweepTrial trial, string metric)
    {
        var value = Value(trial, metric);
        if (double.IsNaN(value)) return double.PositiveInfinity;
        return BestStep.IsBetter(metric, 1, 0) ? -value : value;
    }
}
