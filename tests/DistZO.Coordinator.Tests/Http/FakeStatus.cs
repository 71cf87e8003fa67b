using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

/// <summary>What a <see cref="FakeRun"/> shows of itself.</summary>
internal static class FakeStatus
{
    public static RunStatus Of(FakeRun run, long version)
    {
        var workers = Workers(run);
        var connected = workers.Where(w => w.State != WorkerState.Gone).ToList();
        int In(params WorkerState[] states) => connected.Count(w => states.Contains(w.State));
        var evaluations = Evaluations(run);
        var begun = run.Step > 0;
        var elapsed = 12 + (run.Step * FakeRun.SecondsPerStep);
        return new RunStatus
        {
            Version = version,
            State = run.State,
            Message = run.Message ?? (run.State == RunState.Training ? $"step {run.Step} on {connected.Count} workers" : run.State.ToString()),
            Run = connected.Count > 0 || begun ? "c0ffee5eed0ddba11decade0fab1e5ca1ab1e0b5e55ed0c0ded1cedfacade0f1" : null,
            Model = "models/opt-125m",
            Parameters = connected.Count > 0 || begun ? run.WeightsBytes / 4 : null,
            Incarnation = "5f0c9a31",
            Generation = run.Workers.Count,
            Step = run.Step,
            MaxSteps = run.MaxSteps,
            SkippedSteps = run.SkippedSteps,
            Chain = begun ? FakeRun.Hash(run.Step - 1, 300) : null,
            Loss = begun ? run.Loss(run.Step - 1) : null,
            SmoothedLoss = begun ? run.Smoothed() : null,
            LearningRate = begun ? 1e-6 : null,
            ProjectedGradient = begun ? 40 * (FakeRun.Noise(run.Step, 50) - 0.5) : null,
            TokensPerSecond = begun ? 14_900 + (600 * FakeRun.Noise(run.Step, 51)) : null,
            StepSeconds = begun ? FakeRun.SecondsPerStep : null,
            ElapsedSeconds = elapsed,
            RemainingSeconds = begun ? (run.MaxSteps - run.Step) * FakeRun.SecondsPerStep : null,
            Parallelism = "auto",
            Grid = run.State is RunState.Training ? Grid(run) : null,
            Workers = new WorkerCounts(
                connected.Count,
                In(WorkerState.Working, WorkerState.Idle),
                In(WorkerState.Joining, WorkerState.CatchingUp),
                In(WorkerState.Quarantined),
                In(WorkerState.Hung)),
            Wire = new WireStatus(
                workers.Sum(w => w.BytesUp), workers.Sum(w => w.BytesDown), begun ? 61 : 0, begun ? 57 : 0, connected.Count > 0 || begun ? run.WeightsBytes : null),
            Digests = new DigestStatus(
                run.Step >= 100 ? run.Step / 100 * 100 : null, run.Step >= 100 ? "8f14e45fceea167a5a36dedd4bea2543" : null, run.Suspect),
            Best = evaluations.MaxBy(e => e.Metrics["accuracy"]),
            Evaluation = evaluations.Count > 0 ? evaluations[^1] : null,
            StartedAt = FakeRun.Start,
            Now = FakeRun.Start.AddSeconds(elapsed),
        };
    }

    public static IReadOnlyList<WorkerStatus> Workers(FakeRun run)
    {
        var plan = Plan(run);
        var late = Late(run);
        return
        [
            .. run.Workers.Where(w => w.JoinedAt <= run.Step).Select(worker =>
            {
                var planned = plan.GetValueOrDefault(worker.Session);
                var isBackup = late is not null && worker.Session == Backup(run)?.Session;
                var share = isBackup ? plan[late!.Session]!.Value.Share : planned?.Share;
                var done = !isBackup && planned is { } p && Done(run, worker);
                return worker.Status(run, planned?.Place, share, done, isBackup);
            }).OrderBy(w => w.State == WorkerState.Gone),
        ];
    }

    public static IReadOnlyList<EvaluationStatus> Evaluations(FakeRun run)
    {
        var all = new List<EvaluationStatus>();
        for (long t = 0; t <= run.Step && (t > 0 || run.Step > 0); t += run.EvalSteps) all.Add(run.Evaluation(t));
        return all;
    }

    private static GridStatus? Grid(FakeRun run)
    {
        var plan = Plan(run);
        if (plan.Count == 0) return null;
        var late = Late(run);
        var shares = run.Workers.Where(w => plan.GetValueOrDefault(w.Session) is not null).Select(worker =>
        {
            var planned = plan[worker.Session]!.Value;
            var isLate = ReferenceEquals(worker, late);
            ulong[] backups = isLate && Backup(run) is { } backup ? [backup.Session] : [];
            var state = isLate ? "late" : Done(run, worker) ? "done" : "running";
            return new GridShare(planned.Share, state, [worker.Session, .. backups]);
        });
        var places = plan.Values.First(p => p is not null)!.Value.Place;
        return new GridStatus(run.Step, run.WorkGrid.Probes, run.WorkGrid.Samples, places.PertpSize, places.DpSize, [.. shares]);
    }

    // Who is done first helps out whoever is late.
    private static FakeWorker? Backup(FakeRun run) => run.Workers.FirstOrDefault(w => IsIdle(run, w) && Done(run, w));

    private static bool Done(FakeRun run, FakeWorker worker) =>
        worker.State != WorkerState.Hung && run.Phase > 0.3 + (0.7 * FakeRun.Noise(run.Step, (int)worker.Session + 500));

    // A hung worker's share is late.
    private static FakeWorker? Late(FakeRun run) => Plan(run) is var plan
        ? run.Workers.FirstOrDefault(w => w.State == WorkerState.Hung && plan.GetValueOrDefault(w.Session) is not null) : null;

    private static bool IsIdle(FakeRun run, FakeWorker worker) => !(worker.WentAt <= run.Step) && worker.State is null;

    private static Dictionary<ulong, PlannedShare?> Plan(FakeRun run)
    {
        var ranks = run.Workers.Where(w => w.JoinedAt <= run.Step && (IsIdle(run, w) || w.State == WorkerState.Hung)).ToList();
        if (ranks.Count == 0) return [];
        var shares = WorkPlanner.Plan(
            run.WorkGrid, run.Recipe.Get(RecipeKeys.Parallelism), [.. ranks.Select(w => new RankSpeed(0.01, 1 / w.CellsPerSecond))]).Shares;
        return ranks.Select((w, i) => (w.Session, shares[i])).ToDictionary(pair => pair.Session, pair => pair.Item2);
    }
}
