namespace DistZO.Coordinator.Tests;

/// <summary>What happened to a <see cref="FakeRun"/> up to its step.</summary>
internal static class FakeEvents
{
    public static List<RunEvent> Of(FakeRun run)
    {
        var all = new List<(long Step, string Kind, string? Worker, string Message)>();
        if (run.Step > 0 || run.Workers.Count > 0) all.Add((0, "started", null, "run started: 20,000 steps of 32 rows"));
        foreach (var worker in run.Workers)
        {
            all.Add((worker.JoinedAt, "joined", worker.Name, $"{worker.Name} joined at step {worker.JoinedAt}"));
            if (worker.WentAt is { } went) all.Add((went, worker.Words.Contains("lost") ? "lost" : "left", worker.Name, worker.Words));
        }

        for (long t = run.EvalSteps; t <= run.Step; t += run.EvalSteps)
        {
            all.Add((t, "evaluation", null, FormattableString.Invariant($"accuracy {run.Evaluation(t).Metrics["accuracy"]:0.000}")));
        }

        for (long t = 0; t < run.Step; t++)
        {
            if (FakeRun.Skipped(t)) all.Add((t, "skipped", null, $"step {t} skipped: a loss was not finite"));
            if (t > 0 && FakeRun.Noise(t, 40) < 0.0008 && run.Workers is [_, var slow, ..])
            {
                all.Add((t, "backup", slow.Name, $"{slow.Name} is late with step {t}: its share went to a backup too"));
            }
        }

        foreach (var suspect in run.Suspect)
        {
            all.Add((suspect.To, "differs", suspect.Worker, $"weights of {suspect.Worker} differ at step {suspect.To}"));
            all.Add((suspect.To, "quarantined", suspect.Worker, $"{suspect.Worker} folds again from the base model"));
            all.Add((suspect.To + 240, "refolded", suspect.Worker, $"{suspect.Worker} agrees again and goes on"));
        }

        if (run.State == RunState.Paused) all.Add((run.Step, "paused", null, "paused"));
        if (run.State == RunState.Finished) all.Add((run.Step, "finished", null, "finished: all workers have written the model"));
        if (run.State == RunState.Failed) all.Add((run.Step, "failed", null, run.Message ?? "failed"));
        return
        [
            .. all.Where(e => e.Step <= run.Step).OrderBy(e => e.Step).Select((e, number) => new RunEvent(
                number, FakeRun.Start.AddSeconds(e.Step * FakeRun.SecondsPerStep), e.Step, e.Kind, e.Worker, e.Message)),
        ];
    }
}
