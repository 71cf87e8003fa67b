using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>
/// <c>--log-json</c>: progress as one JSON object a line, each with a <c>time</c>, a <c>level</c>, an <c>event</c> (started, step,
/// evaluation, finished, or a notice's own name) and the <c>rank</c>; <c>run</c> and <c>step</c> once they are known, <c>trace_id</c> and
/// <c>span_id</c> where a span is open. Steps and evaluations hold what <c>metrics.jsonl</c> does.
/// </summary>
internal sealed class JsonLogReporter : IRunReporter
{
    private readonly TextWriter _log;
    private readonly int _loggingSteps;
    private readonly LogContext _context;
    private readonly TimeProvider _time;

    /// <param name="log">Where lines go; not disposed.</param>
    /// <param name="loggingSteps">A line every so many steps; the last always has one.</param>
    /// <param name="context">Where lines come from. Is told run and step where they are reported.</param>
    /// <param name="time">The clock of the lines.</param>
    public JsonLogReporter(TextWriter log, int loggingSteps, LogContext context, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loggingSteps, 1);
        (_log, _loggingSteps, _context, _time) = (log, loggingSteps, context, time);
    }

    public void Started(RunSummary run)
    {
        (_context.Run, _context.Step) = (run.Run, run.CommittedSteps);
        Write("started", NoticeLevel.Information, json => Describe(json, run));
    }

    public void Step(StepMetrics step)
    {
        _context.Step = step.Step;
        if (step.Step % _loggingSteps == 0 || step.Step == step.MaxSteps) WriteMetrics("step", MetricsLine.Of(step));
    }

    public void Evaluated(EvaluationMetrics evaluation) => WriteMetrics("evaluation", MetricsLine.Of(evaluation));

    public void Notice(NoticeLevel level, string name, string message) => Write(name, level, json => json.WriteString("message", message));

    public void Finished(RunResult result) => Write("finished", NoticeLevel.Information, json =>
    {
        json.WriteString("outcome", result.Outcome.Name());
        json.WriteNumber("steps", result.Steps);
        json.WriteNumber("elapsed_seconds", Math.Round(result.ElapsedSeconds, 3));
        json.WriteString("output", result.Output);
        if (result.HowToGoOn is { } command) json.WriteString("to_go_on", command);
    });

    public void Dispose()
    {
    }

    private static void Describe(Utf8JsonWriter json, RunSummary run)
    {
        json.WriteString("model", run.Model);
        json.WriteNumber("parameters", run.Parameters);
        json.WriteNumber("rows", run.Rows);
        json.WriteNumber("batch_size", run.BatchSize);
        json.WriteNumber("committed_steps", run.CommittedSteps);
        json.WriteNumber("max_steps", run.MaxSteps);
        json.WriteString("ledger", run.Ledger);
    }

    private void Write(string name, NoticeLevel level, Action<Utf8JsonWriter> fields) => WriteLine(MetricsLine.Write(json =>
    {
        Begin(json, name, level);
        if (_context.Step is { } step) json.WriteNumber("step", step);
        fields(json);
    }));

    // The metrics line is an object with at least one field, the step: what all lines have goes in front of it.
    private void WriteMetrics(string name, string metrics)
    {
        var front = MetricsLine.Write(json => Begin(json, name, NoticeLevel.Information));
        WriteLine($"{front.AsSpan()[..^1]},{metrics.AsSpan(1)}");
    }

    private void Begin(Utf8JsonWriter json, string name, NoticeLevel level)
    {
        json.WriteString("time", _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("level", level == NoticeLevel.Warning ? "warning" : "information");
        json.WriteString("event", name);
        if (_context.Run is { } run) json.WriteString("run", run);
        json.WriteString("rank", _context.Rank);
        if (Activity.Current is not { } span) return;
        json.WriteString("trace_id", span.TraceId.ToHexString());
        json.WriteString("span_id", span.SpanId.ToHexString());
    }

    private void WriteLine(string line)
    {
        _log.WriteLine(line);
        _log.Flush();
    }
}
