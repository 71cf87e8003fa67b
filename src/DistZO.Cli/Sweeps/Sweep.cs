using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Sweeps;

/// <summary>
/// Runs trials by successive halving (arXiv 1502.07943): all to a quarter of the steps, the better half to half of them, the better half of
/// these to the end. One whose loss is no number when they are compared has diverged: it stops there, whatever else it reached, and if no
/// other is left, the best that was stopped goes on in its place. What is stopped can go on later: a run is its ledger.
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
            do
            {
                if (!RunAll(step, stopping)) return false;
            }
            while (TakesUpAnother());

            if (step < maxSteps) StopWorse(step);
        }

        return true;
    }

    /// <summary>Best first: those that have not diverged, those that came further, then by the metric, then by loss, then as given.</summary>
    public IReadOnlyList<SweepTrial> Ranked() =>
    [
        .. trials.OrderBy(trial => trial.IsDiverged).ThenByDescending(trial => trial.Latest?.Step ?? -1)
            .ThenBy(trial => Badness(trial, metric)).ThenBy(trial => Badness(trial, "loss")),
    ];

    private bool RunAll(int step, CancellationToken stopping)
    {
        var threads = Math.Max(1, Environment.ProcessorCount / jobs);
        var waiting = new Queue<SweepTrial>(trials.Where(IsGoing));
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
                else if (trial.IsDiverged) say($"{trial.Name}: diverged, its loss at step {step} is no number");
                else say($"{trial.Name}: {metric} {trial.Value(metric):0.000}  loss {trial.Value("loss"):0.000} at step {step}");
            }
        }
    }

    private static bool IsGoing(SweepTrial trial) => trial is { IsStopped: false, IsDiverged: false };

    /// <summary>Where all that were going have diverged, the best of the others goes on. False if that is not so, or there is none.</summary>
    private bool TakesUpAnother()
    {
        if (trials.Any(IsGoing) || Ranked()[0] is { IsDiverged: true }) return false;
        Ranked()[0].IsStopped = false;
        return true;
    }

    private void StopWorse(int step)
    {
        // Half of all that came here, so that many diverged ones leave few.
        var came = Ranked().Where(trial => !trial.IsStopped).ToList();
        foreach (var (trial, rank) in came.Select((trial, rank) => (trial, rank)))
        {
            trial.IsStopped = trial.IsDiverged || rank >= (came.Count + 1) / 2;
            if (trial is { IsStopped: true, IsDiverged: false }) say($"{trial.Name}: stopped at step {step}");
        }
    }

    private static double Badness(SweepTrial trial, string metric)
    {
        var value = trial.Value(metric);
        if (double.IsNaN(value)) return double.PositiveInfinity;
        return BestStep.IsBetter(metric, 1, 0) ? -value : value;
    }
}
