using System.Diagnostics;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// What a step consists of, one phase after the other: <c>assign</c> until its shares are sent, <c>probe</c> until the first report,
/// <c>report</c> until the last, <c>commit</c> until it is durable and told. Each is a span under the step's and a measured time.
/// </summary>
internal sealed class StepTrace(RunMeter? meter, TimeProvider time)
{
    public const string SourceName = "DistZO.Coordinator";

    /// <summary>Of the spans of all runs.</summary>
    public static readonly ActivitySource Source = new(SourceName);

    private Activity? _step;
    private Activity? _span;
    private Activity? _around;
    private string? _phase;
    private long _phaseAt;

    /// <summary>The step's trace context, for the workers.</summary>
    public string TraceParent => Spans.TraceParent(_step);

    /// <summary>A step begins, or begins again.</summary>
    /// <param name="step">t.</param>
    /// <param name="run">Which run's; read only if somebody listens.</param>
    public void Begin(long step, Func<string> run)
    {
        if (_phase is null && (_step = Spans.Start(Source, "step", default)) is { IsAllDataRequested: true } span)
            span.SetTag("distzo.run", run()).SetTag("distzo.step", step + 1);
        Enter("assign");
    }

    /// <summary>The shares are with the workers.</summary>
    public void Assigned(int shares)
    {
        _step?.SetTag("distzo.shares", shares);
        Enter("probe");
    }

    /// <summary>A report came in.</summary>
    public void Reported()
    {
        if (_phase == "probe") Enter("report");
    }

    /// <summary>The step is complete. Until its end it is the current span, which log lines name.</summary>
    public void Commit()
    {
        Enter("commit");
        (_around, Activity.Current) = (Activity.Current, _step ?? Activity.Current);
    }

    /// <summary>The step is durable and told.</summary>
    public void End(StepMetrics told)
    {
        Activity.Current = _around;
        if (_step is { IsAllDataRequested: true })
        {
            _step.SetTag("distzo.skipped", told.Skipped);
            if (double.IsFinite(told.Loss)) _step.SetTag("distzo.loss", told.Loss);
        }

        Close();
    }

    /// <summary>Something happened in the step in flight.</summary>
    public void Happened(RunEvent happened)
    {
        if (_step is not { IsAllDataRequested: true }) return;
        var tags = new ActivityTagsCollection { ["message"] = happened.Message };
        if (happened.Worker is { } worker) tags["distzo.worker.name"] = worker;
        _step.AddEvent(new ActivityEvent(happened.Kind, tags: tags));
    }

    /// <summary>The step is given up.</summary>
    public void Abandon()
    {
        _step?.SetStatus(ActivityStatusCode.Error, "the step was given up: nobody computes it any more");
        Close();
    }

    private void Enter(string phase)
    {
        var now = time.GetTimestamp();
        EndPhase(now);
        (_phase, _phaseAt) = (phase, now);
        if (_step is not null) _span = Spans.Start(Source, phase, _step.Context);
    }

    private void Close()
    {
        EndPhase(time.GetTimestamp());
        Spans.Stop(_step);
        (_step, _span, _phase) = (null, null, null);
    }

    private void EndPhase(long now)
    {
        if (_phase is null) return;
        meter?.PhaseEnded(_phase, time.GetElapsedTime(_phaseAt, now).TotalSeconds);
        Spans.Stop(_span);
    }
}
