using System.Globalization;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>Draws the pictures of a run that are shown.</summary>
internal sealed class StatusWriter(RunBook book, EngineOptions options, Roster roster, TimeProvider time)
{
    private const int RememberedGone = 50;
    private const int RecentSteps = 20;

    private readonly Queue<WorkerStatus> _gone = [];
    private readonly Queue<double> _seconds = [];
    private readonly Queue<(long Up, long Down, int Ranks)> _bytes = [];
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();
    private long _goneUp;
    private long _goneDown;

    /// <summary>Grows whenever a status would be another one.</summary>
    public long Version { get; private set; }

    /// <summary>Something has changed.</summary>
    public void Touch() => Version++;

    /// <summary>A step was committed.</summary>
    public void Committed(double seconds)
    {
        Touch();
        _seconds.Enqueue(seconds);
        if (_seconds.Count > RecentSteps) _seconds.Dequeue();
        var (up, down) = Bytes();
        _bytes.Enqueue((up, down, roster.Sessions.Count));
        if (_bytes.Count > RecentSteps) _bytes.Dequeue();
    }

    /// <summary>A session is not connected any more.</summary>
    public void Gone(Session session)
    {
        Touch();
        _goneUp += session.Link.BytesUp;
        _goneDown += session.Link.BytesDown;
        _gone.Enqueue(Describe(session) with { State = session.HasFinished ? WorkerState.Finished : WorkerState.Gone, Share = null, Place = null });
        if (_gone.Count > RememberedGone) _gone.Dequeue();
    }

    /// <summary>Connected workers, then those that left of late.</summary>
    public IReadOnlyList<WorkerStatus> Workers() => [.. roster.Sessions.Select(Describe), .. _gone.Reverse()];

    public RunStatus Write(RunChronicle? chronicle, StepRunner? steps, DigestKeeper digests, RunState state, string message)
    {
        var step = chronicle?.Step;
        var (up, down) = Bytes();
        var seconds = _seconds.Count > 0 ? _seconds.Average() : (double?)null;
        var ready = roster.Sessions.FirstOrDefault(session => session.Ready is not null)?.Ready;
        return new RunStatus
        {
            Version = Version,
            State = state,
            Message = message,
            Run = book.HasBegun ? book.Identity.Digest : null,
            Model = book.HasBegun ? book.Header.Recipe.Get(RecipeKeys.Model) : book.Recipe.Get(RecipeKeys.Model),
            Parameters = ready?.Parameters,
            Incarnation = options.Incarnation.ToString("x8", CultureInfo.InvariantCulture),
            Generation = roster.Generation,
            Step = book.HasBegun ? book.Steps : 0,
            MaxSteps = book.MaxSteps,
            SkippedSteps = chronicle?.SkippedSteps ?? 0,
            Chain = book.HasBegun ? book.Chain.ToString() : null,
            Loss = Finite(step?.Loss),
            SmoothedLoss = Finite(step?.SmoothedLoss),
            LearningRate = step?.LearningRate,
            ProjectedGradient = Finite(step?.ProjectedGradient),
            TokensPerSecond = Finite(step?.TokensPerSecond),
            ScoringSeconds = step?.ScoringSeconds,
            StepSeconds = seconds,
            ElapsedSeconds = time.GetElapsedTime(_started).TotalSeconds,
            RemainingSeconds = seconds * Math.Max(0, book.MaxSteps - (book.HasBegun ? book.Steps : 0)),
            Parallelism = book.Recipe.Get(RecipeKeys.Parallelism).ToString(),
            Grid = steps?.Describe(),
            Workers = Counts(),
            Wire = Wire(up, down, ready?.WeightsBytes),
            Digests = digests.Describe(),
            Best = Of(chronicle?.Best),
            Evaluation = Of(chronicle?.Evaluations.LastOrDefault()),
            StartedAt = _startedAt,
            Now = time.GetUtcNow(),
        };
    }

    /// <summary>An evaluation for people: what is not finite is left out.</summary>
    public static EvaluationStatus? Of(EvaluationMetrics? evaluation) => evaluation is null ? null : new EvaluationStatus(
        evaluation.Step, evaluation.Values.Where(value => double.IsFinite(value.Value)).ToDictionary(value => value.Key, value => value.Value));

    private WorkerStatus Describe(Session session) => new()
    {
        Session = session.Number,
        Name = session.Name,
        WorkerId = session.WorkerId,
        State = StateOf(session),
        Place = session.Assignment?.Place,
        Share = session.Assignment?.Share,
        IsBackup = session.Assignment?.IsBackup ?? false,
        Rows = session.Rows,
        Device = session.Ready?.Device,
        Threads = session.Ready?.Threads,
        FoldedStep = session.Ready is null ? null : session.FoldedStep,
        Lag = session.Ready is null ? null : Math.Max(0, book.Steps - session.FoldedStep),
        CellsPerSecond = session.Speed.IsKnown ? 1 / session.Speed.Speed(1).CellSeconds : null,
        ShareSeconds = session.ShareSeconds,
        Shares = session.Shares,
        SilentSeconds = roster.SecondsSince(session.HeardAt),
        ResidentBytes = session.ResidentBytes > 0 ? session.ResidentBytes : null,
        BytesUp = session.Link.BytesUp,
        BytesDown = session.Link.BytesDown,
        ConnectedAt = session.ConnectedAt,
        LastWords = session.LastWords,
    };

    private static WorkerState StateOf(Session session) =>
        session.HasFinished ? WorkerState.Finished
        : session.Ready is null ? WorkerState.Joining
        : session.Quarantine is not null ? WorkerState.Quarantined
        : session.IsHung ? WorkerState.Hung
        : session.IsCatchingUp ? WorkerState.CatchingUp
        : session.IsBusy ? WorkerState.Working
        : WorkerState.Idle;

    private WorkerCounts Counts() => new(
        roster.Sessions.Count,
        roster.Eligible.Count(),
        roster.Sessions.Count(session => session.Ready is null || session.IsCatchingUp),
        roster.Sessions.Count(session => session.Quarantine is not null),
        roster.Sessions.Count(session => session.IsHung));

    private WireStatus Wire(long up, long down, long? weights)
    {
        if (_bytes.Count < 2) return new WireStatus(up, down, 0, 0, weights);
        var (first, last) = (_bytes.First(), _bytes.Last());
        var rankSteps = Math.Max(1, _bytes.Skip(1).Sum(sample => sample.Ranks));
        return new WireStatus(
            up, down, Math.Max(0.0, last.Up - first.Up) / rankSteps, Math.Max(0.0, last.Down - first.Down) / rankSteps, weights);
    }

    private (long Up, long Down) Bytes()
    {
        var (up, down) = (_goneUp, _goneDown);
        foreach (var session in roster.Sessions) (up, down) = (up + session.Link.BytesUp, down + session.Link.BytesDown);
        return (up, down);
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
