using System.Text.Json;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>
/// <c>--log-json</c>: progress as one JSON object a line, each with an <c>event</c> (started, step, evaluation, finished, or a
/// notice's own name) and a <c>level</c>. Steps and evaluations hold what <c>metrics.jsonl</c> does.
/// </summary>
internal sealed class JsonLogReporter : IRunReporter
{
    private readonly TextWriter _log;
    private readonly int _loggingSteps;

    /// <param name="log">Where lines go; not disposed.</param>
    /// <param name="loggingSteps">A line every so many steps; the last always has one.</param>
    public JsonLogReporter(TextWriter log, int loggingSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loggingSteps, 1);
        _log = log;
        _loggingSteps = loggingSteps;
    }

    public void Started(RunSummary run) => Write("started", NoticeLevel.Information, json =>
    {
        json.WriteString("model", run.Model);
        json.WriteNumber("parameters", run.Parameters);
        json.WriteNumber("rows", run.Rows);
        json.WriteNumber("batch_size", run.BatchSize);
        json.WriteNumber("committed_steps", run.CommittedSteps);
        json.WriteNumber("max_steps", run.MaxSteps);
        json.WriteString("ledger", run.Ledger);
    });

    public void Step(StepMetrics step)
    {
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

    private void Write(string name, NoticeLevel level, Action<Utf8JsonWriter> fields) => WriteLine(MetricsLine.Write(json =>
    {
        json.WriteString("event", name);
        json.WriteString("level", level == NoticeLevel.Warning ? "warning" : "information");
        fields(json);
    }));

    // The metrics line is an object with at least one field: the event goes in front of it.
    private void WriteMetrics(string name, string metrics) =>
        WriteLine($$"""{"event":"{{name}}","level":"information",{{metrics.AsSpan(1)}}""");

    private void WriteLine(string line)
    {
        _log.WriteLine(line);
        _log.Flush();
    }
}
