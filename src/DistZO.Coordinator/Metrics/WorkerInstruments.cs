using System.Diagnostics.Metrics;

namespace DistZO.Coordinator;

/// <summary>The instruments of each connected worker, under its name.</summary>
internal static class WorkerInstruments
{
    /// <param name="meter">Whose they are.</param>
    /// <param name="workers">The workers now; null before the first picture.</param>
    public static void Create(Meter meter, Func<IReadOnlyList<WorkerStatus>?> workers)
    {
        Readings.Gauge(meter, "distzo.workers", "{worker}", "Connected workers by state.", () => Connected() is not { } connected
            ? []
            : Enum.GetValues<WorkerState>().Where(state => state != WorkerState.Gone).Select(state => new Measurement<double>(
                connected.Count(worker => worker.State == state), Readings.Tag("state", RunWords.Of(state)))));
        Each("distzo.worker.cells", "{cell}/s", "Probes of one sample a second, of late.", worker => worker.CellsPerSecond);
        Each("distzo.worker.share.duration", "s", "Time of its last share.", worker => worker.ShareSeconds);
        Each("distzo.worker.folded_step", null, "Its weights are folded up to this step.", worker => worker.FoldedStep);
        Each("distzo.worker.lag_steps", "{step}", "Committed steps that its weights lack.", worker => worker.Lag);
        Each("distzo.worker.silent", "s", "Since its last sign of life.", worker => worker.SilentSeconds);
        Each("distzo.worker.resident", "By", "Memory that its process holds.", worker => worker.ResidentBytes);
        Readings.Counter(meter, "distzo.worker.shares", "{share}", "Shares reported in this session.", () => Named().Select(named =>
            new Measurement<double>(named.Worker.Shares, named.Label)));
        Readings.Counter(meter, "distzo.worker.wire", "By", "Payload of this session, from (up) and to (down) the worker.", () => Named().SelectMany(
            named => (Measurement<double>[])
            [
                new(named.Worker.BytesUp, named.Label, Readings.Tag("direction", "up")),
                new(named.Worker.BytesDown, named.Label, Readings.Tag("direction", "down")),
            ]));

        List<WorkerStatus>? Connected() => workers()?.Where(worker => worker.State != WorkerState.Gone).ToList();

        IEnumerable<(WorkerStatus Worker, KeyValuePair<string, object?> Label)> Named() => Connected() is { } connected ? WithLabels(connected) : [];

        void Each(string name, string? unit, string help, Func<WorkerStatus, double?> value) => Readings.Gauge(meter, name, unit, help, () =>
            Named().Where(named => value(named.Worker) is not null).Select(named => new Measurement<double>(value(named.Worker)!.Value, named.Label)));
    }

    // Workers of one host may have one name, and a series must be unique. A number behind it is stable enough and, unlike a session's,
    // makes no new series at each reconnect.
    private static IEnumerable<(WorkerStatus Worker, KeyValuePair<string, object?> Label)> WithLabels(List<WorkerStatus> workers)
    {
        var taken = new HashSet<string>();
        foreach (var worker in workers)
        {
            var label = worker.Name;
            for (var copy = 2; !taken.Add(label); copy++) label = $"{worker.Name}#{copy}";
            yield return (worker, Readings.Tag("worker", label));
        }
    }
}
