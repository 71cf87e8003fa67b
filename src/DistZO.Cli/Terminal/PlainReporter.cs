using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>One line for every <c>logging_steps</c>-th step, for logs and pipes: no control sequences, nothing is overwritten.</summary>
internal sealed class PlainReporter : IRunReporter
{
    private readonly TextWriter _log;
    private readonly int _loggingSteps;

    /// <param name="log">Where lines go; not disposed.</param>
    /// <param name="loggingSteps">A line every so many steps; the first and the last always have one.</param>
    public PlainReporter(TextWriter log, int loggingSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loggingSteps, 1);
        _log = log;
        _loggingSteps = loggingSteps;
    }

    public void Started(RunSummary run) => Write(ReportText.Started(run));

    public void Step(StepMetrics step)
    {
        if (step.Step % _loggingSteps != 0 && step.Step != 1 && step.Step != step.MaxSteps) return;
        var line = $"step {step.Step}/{step.MaxSteps}  loss {ReportText.Value(step.Loss)}  smoothed {ReportText.Value(step.SmoothedLoss)}"
            + $"  lr {Quantity.Small(step.LearningRate)}";
        if (step.TokensPerSecond is { } speed) line += $"  {Quantity.Count(speed)} tok/s";
        if (step.ScoringSeconds is { } scoring) line += $"  scoring {ReportText.Seconds(scoring)}";
        if (step.RemainingSeconds is { } left) line += $"  {Quantity.Time(left)} left";
        Write(line);
    }

    public void Evaluated(EvaluationMetrics evaluation) => Write(ReportText.Evaluated(evaluation));

    public void Notice(NoticeLevel level, string name, string message) => Write(ReportText.Notice(level, message));

    public void Finished(RunResult result) => Write(ReportText.Finished(result));

    public void Dispose()
    {
    }

    private void Write(string line)
    {
        _log.WriteLine(line);
        _log.Flush();
    }
}
