using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>What a coordinator is doing.</summary>
public enum RunState
{
    /// <summary>No worker is there to go on with; the message says what is waited for.</summary>
    Waiting,

    Training,

    Evaluating,

    /// <summary>Somebody asked for a pause: shares that are out come in, no new step begins.</summary>
    Paused,

    /// <summary>The last step is committed; workers write the model and say goodbye.</summary>
    Finishing,

    Finished,

    /// <summary>The run cannot go on; the message says why.</summary>
    Failed,
}

/// <summary>A run as it is at one moment: what <c>/v1/status</c> says. Immutable.</summary>
public sealed record RunStatus
{
    /// <summary>Grows with every change, so that a reader can tell an old status from a new one.</summary>
    public required long Version { get; init; }

    public required RunState State { get; init; }

    /// <summary>One line for people: what is being done, or waited for.</summary>
    public required string Message { get; init; }

    /// <summary>SHA-256 of the run's identity, hexadecimal; null before the first worker of a new run.</summary>
    public string? Run { get; init; }

    /// <summary>For people: where the base model was when the run began.</summary>
    public string? Model { get; init; }

    /// <summary>Trained weights; null until a worker said so.</summary>
    public long? Parameters { get; init; }

    /// <summary>This start of the coordinator, hexadecimal.</summary>
    public required string Incarnation { get; init; }

    /// <summary>Grows with every change of membership.</summary>
    public required long Generation { get; init; }

    /// <summary>Steps committed.</summary>
    public required long Step { get; init; }

    public required int MaxSteps { get; init; }

    /// <summary>Steps that were skipped for a loss that was not finite.</summary>
    public required long SkippedSteps { get; init; }

    /// <summary>The ledger's chain hash, 16 hexadecimal digits; null before the first worker of a new run.</summary>
    public string? Chain { get; init; }

    /// <summary>Of the last step; null if there is none, or it was skipped.</summary>
    public double? Loss { get; init; }

    public double? SmoothedLoss { get; init; }

    public double? LearningRate { get; init; }

    public double? ProjectedGradient { get; init; }

    public double? TokensPerSecond { get; init; }

    /// <summary>What scoring what the model wrote took in the last step, all ranks together; null if nothing is scored.</summary>
    public double? ScoringSeconds { get; init; }

    /// <summary>Mean time of the last steps.</summary>
    public double? StepSeconds { get; init; }

    /// <summary>Since this coordinator began.</summary>
    public required double ElapsedSeconds { get; init; }

    /// <summary>To the last step, at the speed of late.</summary>
    public double? RemainingSeconds { get; init; }

    /// <summary>As in the recipe: auto, pertp, dp, 2d or PxD.</summary>
    public required string Parallelism { get; init; }

    /// <summary>The work grid of the step in flight; null while there is none.</summary>
    public GridStatus? Grid { get; init; }

    public required WorkerCounts Workers { get; init; }

    public required WireStatus Wire { get; init; }

    public required DigestStatus Digests { get; init; }

    /// <summary>The best evaluation so far.</summary>
    public EvaluationStatus? Best { get; init; }

    /// <summary>The last evaluation.</summary>
    public EvaluationStatus? Evaluation { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset Now { get; init; }
}

/// <summary>A step in flight.</summary>
/// <param name="Step">t.</param>
/// <param name="Probes">2q: the grid's height.</param>
/// <param name="Samples">B: its width.</param>
/// <param name="P">Parts of the probes.</param>
/// <param name="D">Parts of the samples.</param>
/// <param name="Shares">What covers the grid.</param>
public sealed record GridStatus(long Step, int Probes, int Samples, int P, int D, IReadOnlyList<GridShare> Shares);

/// <summary>One share of a step in flight.</summary>
/// <param name="Share">The rectangle.</param>
/// <param name="State">waiting (nobody has it), running, late (a backup runs too), checking (a flag is confirmed), done.</param>
/// <param name="Sessions">Who computes it, or did.</param>
public sealed record GridShare(Share Share, string State, IReadOnlyList<ulong> Sessions);

/// <summary>How many workers are in which state.</summary>
/// <param name="Connected">All that are there.</param>
/// <param name="Active">Have a share, or may get one.</param>
/// <param name="Joining">Open their model, or replay steps.</param>
/// <param name="Quarantined">Fold again, for their weights differed.</param>
/// <param name="Hung">Show no sign of life.</param>
public sealed record WorkerCounts(int Connected, int Active, int Joining, int Quarantined, int Hung);

/// <summary>What went over the wire, beside what the model weighs.</summary>
/// <param name="BytesUp">Payload from workers, in all.</param>
/// <param name="BytesDown">Payload to workers, in all.</param>
/// <param name="BytesUpPerStep">A worker and step, of late.</param>
/// <param name="BytesDownPerStep">A worker and step, of late.</param>
/// <param name="WeightsBytes">The trained weights; null until a worker said so.</param>
public sealed record WireStatus(long BytesUp, long BytesDown, double BytesUpPerStep, double BytesDownPerStep, long? WeightsBytes);

/// <summary>What comparing the weights of workers has shown.</summary>
/// <param name="AgreedStep">The last step at which all agreed; null if they were not compared yet.</param>
/// <param name="Digest">The digest there, 32 hexadecimal digits.</param>
/// <param name="Suspect">Steps during which some weights may have been wrong.</param>
public sealed record DigestStatus(long? AgreedStep, string? Digest, IReadOnlyList<SuspectSteps> Suspect);

/// <summary>Steps between an agreement and a disagreement: losses of the rank that differed may have entered the ledger.</summary>
/// <param name="From">The first of them.</param>
/// <param name="To">Behind the last.</param>
/// <param name="Worker">The rank that differed.</param>
/// <param name="Command">Goes back to before.</param>
public sealed record SuspectSteps(long From, long To, string Worker, string Command);

/// <summary>An evaluation on held-out rows.</summary>
/// <param name="Step">Steps committed when it was made.</param>
/// <param name="Metrics">By name; one that is not finite is left out.</param>
public sealed record EvaluationStatus(long Step, IReadOnlyDictionary<string, double> Metrics);
