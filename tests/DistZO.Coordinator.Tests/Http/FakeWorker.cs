using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

/// <summary>A worker of a <see cref="FakeRun"/>.</summary>
internal sealed record FakeWorker(ulong Session, string Name, double CellsPerSecond)
{
    public const string Hostile = "<script>alert(1)</script>";

    private static readonly string[] Hosts =
        ["atlas", "borealis", Hostile, "castor", "delta-a100", "echo", "fermi", "gauss", "hopper", "iris", "juno", "kepler"];

    /// <summary>Replayed steps are behind it.</summary>
    public long JoinedAt { get; init; }

    /// <summary>The step at which it went; null while it is there.</summary>
    public long? WentAt { get; init; }

    /// <summary>Overrides what the run makes of it.</summary>
    public WorkerState? State { get; init; }

    public string Words { get; init; } = "";

    /// <summary>So many workers of different speeds.</summary>
    public static List<FakeWorker> Several(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new FakeWorker(
            (ulong)i + 1, i < Hosts.Length ? Hosts[i] : $"node-{i:0000}", 40 + (160 * FakeRun.Noise(i, 77)))
        {
            JoinedAt = i < 5 ? 0 : 150 * (i % 7),
        }),
    ];

    public WorkerStatus Status(FakeRun run, GridPlace? place, Share? share, bool done, bool isBackup)
    {
        var gone = WentAt <= run.Step;
        var state = gone ? WorkerState.Gone : State ?? (done || share is null ? WorkerState.Idle : WorkerState.Working);
        if (!gone && run.State is RunState.Finished) state = WorkerState.Finished;
        if (!gone && run.State is RunState.Paused) state = WorkerState.Idle;
        var lag = state is WorkerState.CatchingUp ? 412 : gone ? run.Step - WentAt : state == WorkerState.Working ? 1 : 0;
        return new WorkerStatus
        {
            Session = Session,
            Name = Name,
            WorkerId = $"{Session * 0x9E3779B97F4A7C15:x16}",
            State = state,
            Place = state is WorkerState.Working or WorkerState.Idle or WorkerState.Hung ? place : null,
            Share = state is WorkerState.Working or WorkerState.Idle or WorkerState.Hung ? share : null,
            IsBackup = isBackup,
            Device = Session % 3 == 0 ? "AVX2, 8 threads" : "AVX-512, 16 threads",
            Threads = Session % 3 == 0 ? 8 : 16,
            FoldedStep = Math.Max(0, run.Step - lag!.Value),
            Lag = lag,
            CellsPerSecond = CellsPerSecond * (0.97 + (0.06 * FakeRun.Noise(run.Step, (int)Session))),
            ShareSeconds = share is { } s ? s.Probes * s.Samples / CellsPerSecond : null,
            Shares = Math.Max(0, (WentAt ?? run.Step) - JoinedAt),
            SilentSeconds = state switch { WorkerState.Hung => 47, WorkerState.Gone => 380, _ => 0.4 + (2 * FakeRun.Noise(run.Step, 5)) },
            ResidentBytes = 6_100_000_000 + (long)(1e9 * FakeRun.Noise((long)Session, 3)),
            BytesUp = 61 * Math.Max(0, (WentAt ?? run.Step) - JoinedAt) + 812,
            BytesDown = 57 * Math.Max(0, (WentAt ?? run.Step) - JoinedAt) + 2_140,
            ConnectedAt = FakeRun.Start.AddSeconds(JoinedAt * FakeRun.SecondsPerStep),
            LastWords = Words.Length > 0 ? Words : gone ? "left: asked to stop" : $"step {run.Step} in {0.8 + FakeRun.Noise(run.Step, 9):0.0} s",
        };
    }
}
