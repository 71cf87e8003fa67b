namespace DistZO.Coordinator;

/// <summary>The metrics of each connected worker, under its name.</summary>
internal static class WorkerMetrics
{
    public static void Write(PrometheusText text, IReadOnlyList<WorkerStatus> workers)
    {
        var connected = workers.Where(worker => worker.State != WorkerState.Gone).ToList();
        text.Family("distzo_workers", "Connected workers by state.", "gauge",
            Enum.GetValues<WorkerState>().Where(state => state != WorkerState.Gone).Select(state =>
                (Label("state", RunWords.Of(state)), (double?)connected.Count(worker => worker.State == state))));
        var names = Labels(connected);
        Each("distzo_worker_cells_per_second", "Probes of one sample a second, of late.", "gauge", worker => worker.CellsPerSecond);
        Each("distzo_worker_share_duration_seconds", "Time of its last share.", "gauge", worker => worker.ShareSeconds);
        Each("distzo_worker_folded_step", "Its weights are folded up to this step.", "gauge", worker => worker.FoldedStep);
        Each("distzo_worker_lag_steps", "Committed steps that its weights lack.", "gauge", worker => worker.Lag);
        Each("distzo_worker_silent_seconds", "Since its last sign of life.", "gauge", worker => worker.SilentSeconds);
        Each("distzo_worker_resident_bytes", "Memory that its process holds.", "gauge", worker => worker.ResidentBytes);
        Each("distzo_worker_shares_total", "Shares reported in this session.", "counter", worker => worker.Shares);
        text.Family("distzo_worker_wire_bytes_total", "Payload of this session, from (up) and to (down) the worker.", "counter",
            connected.SelectMany((worker, i) => ((string, double?)[])[("up", worker.BytesUp), ("down", worker.BytesDown)],
                (worker, part) => (worker, part)).Select(pair =>
                (((string, string)[])[.. names[pair.worker], ("direction", pair.part.Item1)], pair.part.Item2)));

        void Each(string name, string help, string type, Func<WorkerStatus, double?> value) =>
            text.Family(name, help, type, connected.Select(worker => (names[worker], value(worker))));
    }

    // Workers of one host may have one name, and a series must be unique. A number behind it is stable enough and, unlike a session's,
    // makes no new series at each reconnect.
    private static Dictionary<WorkerStatus, (string Name, string Value)[]> Labels(List<WorkerStatus> workers)
    {
        var labels = new Dictionary<WorkerStatus, (string, string)[]>(ReferenceEqualityComparer.Instance);
        var taken = new HashSet<string>();
        foreach (var worker in workers)
        {
            var label = worker.Name;
            for (var copy = 2; !taken.Add(label); copy++) label = $"{worker.Name}#{copy}";
            labels.Add(worker, Label("worker", label));
        }

        return labels;
    }

    private static (string Name, string Value)[] Label(string name, string value) => [(name, value)];
}
