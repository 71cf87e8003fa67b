using System.Globalization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>The sentences that a run is told in, the same on a terminal and in a log.</summary>
internal static class ReportText
{
    public static string Started(RunSummary run)
    {
        var from = run.CommittedSteps > 0 ? $", going on after step {run.CommittedSteps}" : "";
        var steps = string.Create(CultureInfo.InvariantCulture, $"{run.Rows:N0} rows: {run.MaxSteps:N0} steps of {run.BatchSize}");
        return $"training {run.Model} ({Quantity.Count(run.Parameters)} weights) on {steps}{from}";
    }

    public static string Evaluated(EvaluationMetrics evaluation)
    {
        var best = evaluation.IsBest && evaluation.Step > 0 ? "  (best so far)" : "";
        return $"evaluation at step {evaluation.Step}: {Values(evaluation)}{best}";
    }

    public static string Finished(RunResult result)
    {
        var place = result.HasModel ? $"output in {result.Output}" : $"ledger in {result.Output}; the model is with the workers that have --output, or from 'distzo export {result.Output}'";
        if (result.Outcome == RunOutcome.FinishedBefore) return $"finished already: {result.Steps} steps; {place}";
        var how = result.Outcome switch
        {
            RunOutcome.Completed => "done",
            RunOutcome.StoppedEarly => "stopped early: evaluations got no better",
            _ => "interrupted",
        };
        var gain = result is { Before: { Values.Count: > 0 } before, After: { Values.Count: > 0 } after }
            ? $"; {after.Values[0].Key} {Value(before.Values[0].Value)} -> {Value(after.Values[0].Value)}"
            : "";
        var next = result.HowToGoOn is { } command ? $"; to go on: {command}" : "";
        return $"{how} after step {result.Steps} in {Quantity.Time(result.ElapsedSeconds)}{gain}; {place}{next}";
    }

    public static string Notice(NoticeLevel level, string message) => level == NoticeLevel.Warning ? "warning: " + message : message;

    /// <summary>The first value of an evaluation, which decides what is best: <c>accuracy 0.713</c>.</summary>
    public static string FirstValue(EvaluationMetrics evaluation) => $"{evaluation.Values[0].Key} {Value(evaluation.Values[0].Value)}";

    /// <summary>A loss or a score: <c>0.713</c>; a dash for a step that has none.</summary>
    public static string Value(double value) => double.IsFinite(value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : "-";

    /// <summary>A part of a step's time: <c>0.31 s</c>.</summary>
    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:G2} s");

    private static string Values(EvaluationMetrics evaluation) =>
        string.Join("  ", evaluation.Values.Select(pair => $"{pair.Key} {Value(pair.Value)}"));
}
