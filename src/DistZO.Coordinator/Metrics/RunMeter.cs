using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// A run in numbers. Each instrument is defined once, here and in <see cref="WorkerInstruments"/>; Prometheus' page and OpenTelemetry's
/// exporter both read them. What a status says already is read from a picture of the run; only what a status does not hold is counted.
/// </summary>
public sealed class RunMeter : IDisposable
{
    /// <summary>The meter's name, OpenTelemetry's instrumentation scope.</summary>
    public const string Name = "DistZO.Coordinator";

    /// <summary>One collection reads one picture.</summary>
    private static readonly TimeSpan PictureLife = TimeSpan.FromMilliseconds(500);

    private static readonly string Version =
        typeof(RunMeter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250],
    };

    private readonly Lock _gate = new();
    private readonly Histogram<double> _steps;
    private readonly Histogram<double> _phases;
    private readonly Histogram<double> _flushes;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _scoring;
    private readonly Counter<long> _events;
    private Func<RunPicture?> _look = () => null;
    private RunPicture? _picture;
    private long _takenAt;

    public RunMeter()
    {
        Meter = new Meter(Name, Version);
        _steps = Meter.CreateHistogram("distzo.step.duration", "s", "From planning a step to its durable record.", advice: Durations);
        _phases = Meter.CreateHistogram("distzo.step.phase.duration", "s", "Of a step: assign, probe, report, commit.", advice: Durations);
        _flushes = Meter.CreateHistogram("distzo.ledger.flush.duration", "s", "Until a step's record was on the disk.", advice: Durations);
        _tokens = Meter.CreateCounter<long>("distzo.tokens", "{token}", "Tokens of the batches of committed steps.");
        _scoring = Meter.CreateCounter<double>("distzo.scoring.time", "s", "Scoring what the model wrote, all ranks together.");
        _events = Meter.CreateCounter<long>("distzo.events", "{event}", "What happened: joins, losses, backups, quarantines.");
        Describe();
        WorkerInstruments.Create(Meter, () => Picture?.Workers);
    }

    /// <summary>All instruments; owned by this.</summary>
    internal Meter Meter { get; }

    /// <summary>Whether anybody listens, so that pictures of the run are worth taking.</summary>
    public bool IsRead => _steps.Enabled;

    /// <summary>From here on, pictures are taken this way when they are wanted; null keeps the one before.</summary>
    public void Follow(Func<RunPicture?> look)
    {
        lock (_gate) _look = look;
    }

    /// <summary>A picture that was just taken.</summary>
    public void Show(RunPicture picture)
    {
        lock (_gate) (_picture, _takenAt) = (picture, Stopwatch.GetTimestamp());
    }

    public void Dispose() => Meter.Dispose();

    internal void Happened(string kind) => _events.Add(1, new KeyValuePair<string, object?>("kind", kind));

    internal void PhaseEnded(string phase, double seconds) => _phases.Record(seconds, new KeyValuePair<string, object?>("phase", phase));

    internal void Committed(double seconds, double flushSeconds, long tokens, double scoringSeconds)
    {
        _steps.Record(seconds);
        _flushes.Record(flushSeconds);
        _tokens.Add(tokens);
        _scoring.Add(scoringSeconds);
    }

    private RunPicture? Picture
    {
        get
        {
            lock (_gate)
            {
                if (_picture is not null && Stopwatch.GetElapsedTime(_takenAt) < PictureLife) return _picture;
                if (_look() is { } picture) (_picture, _takenAt) = (picture, Stopwatch.GetTimestamp());
                return _picture;
            }
        }
    }

    private void Describe()
    {
        Readings.Gauge(Meter, "distzo.build.info", null, "The program.", () => [new(1, Readings.Tag("version", Version))]);
        Many("distzo.run.info", null, "The run.", run =>
            [new(1, Readings.Tag("run", run.Run ?? ""), Readings.Tag("incarnation", run.Incarnation), Readings.Tag("parallelism", run.Parallelism))]);
        Many("distzo.run.state", null, "1 for the state that the run is in.", run => Enum.GetValues<RunState>().Select(state =>
            new Measurement<double>(state == run.State ? 1 : 0, Readings.Tag("state", RunWords.Of(state)))));
        Count("distzo.steps", "{step}", "Steps committed.", run => run.Step);
        One("distzo.max_steps", "{step}", "Steps of the whole run.", run => run.MaxSteps);
        Count("distzo.skipped_steps", "{step}", "Steps skipped for a loss that was not finite.", run => run.SkippedSteps);
        One("distzo.loss", null, "Loss of the last step.", run => run.Loss);
        One("distzo.smoothed_loss", null, "Loss, smoothed over the last steps.", run => run.SmoothedLoss);
        One("distzo.learning_rate", null, "Learning rate of the last step.", run => run.LearningRate);
        One("distzo.projected_gradient", null, "Projected gradient of the last step.", run => run.ProjectedGradient);
        One("distzo.elapsed", "s", "Since this coordinator began.", run => run.ElapsedSeconds);
        One("distzo.remaining", "s", "To the last step, at the speed of late.", run => run.RemainingSeconds);
        One("distzo.generation", null, "Grows with every change of membership.", run => run.Generation);
        One("distzo.parameters", "{parameter}", "Trained weights.", run => run.Parameters);
        One("distzo.weights", "By", "What the trained weights take in memory.", run => run.Wire.WeightsBytes);
        Readings.Counter(Meter, "distzo.wire", "By", "Payload from (up) and to (down) all workers.", () => Read(run => Ways(run.Wire.BytesUp, run.Wire.BytesDown)));
        Many("distzo.wire.step", "By", "Payload of one worker and step, of late.", run => Ways(run.Wire.BytesUpPerStep, run.Wire.BytesDownPerStep));
        One("distzo.digest.agreed_step", null, "The last step at which the weights of all workers agreed.", run => run.Digests.AgreedStep);
        One("distzo.suspect_ranges", "{range}", "Ranges of steps whose losses may come from wrong weights.", run => run.Digests.Suspect.Count);
        One("distzo.evaluation.step", null, "Steps committed at the last evaluation.", run => run.Evaluation?.Step);
        Many("distzo.evaluation", null, "Metrics of the last evaluation.", run => Metrics(run.Evaluation));
        One("distzo.best_evaluation.step", null, "Steps committed at the best evaluation so far.", run => run.Best?.Step);
        Many("distzo.best_evaluation", null, "Metrics of the best evaluation so far.", run => Metrics(run.Best));
    }

    private void One(string name, string? unit, string help, Func<RunStatus, double?> value) =>
        Many(name, unit, help, run => value(run) is { } known ? [new(known)] : []);

    private void Many(string name, string? unit, string help, Func<RunStatus, IEnumerable<Measurement<double>>> values) =>
        Readings.Gauge(Meter, name, unit, help, () => Read(values));

    private void Count(string name, string unit, string help, Func<RunStatus, double> value) =>
        Readings.Counter(Meter, name, unit, help, () => Read(run => [new(value(run))]));

    private IEnumerable<Measurement<double>> Read(Func<RunStatus, IEnumerable<Measurement<double>>> values) =>
        Picture is { } picture ? values(picture.Status) : [];

    private static IEnumerable<Measurement<double>> Ways(double up, double down) =>
        [new(up, Readings.Tag("direction", "up")), new(down, Readings.Tag("direction", "down"))];

    private static IEnumerable<Measurement<double>> Metrics(EvaluationStatus? evaluation) =>
        evaluation?.Metrics.Select(metric => new Measurement<double>(metric.Value, Readings.Tag("metric", metric.Key))) ?? [];
}
