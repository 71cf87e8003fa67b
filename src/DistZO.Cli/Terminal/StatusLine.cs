using System.Globalization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>The text of the live line, fitted to a width: what matters least goes first when the terminal is narrow.</summary>
internal static class StatusLine
{
    private const int WidestBar = 24;
    private const int NarrowestBar = 8;
    private const string Gap = "  ";

    /// <summary>The line, at most <paramref name="width"/> characters wide, colours not counted.</summary>
    /// <param name="step">The newest step.</param>
    /// <param name="best">The best evaluation so far, if any.</param>
    /// <param name="width">Columns to fill.</param>
    /// <param name="colour">Whether the bar is drawn in colour.</param>
    public static string Of(StepMetrics step, EvaluationMetrics? best, int width, bool colour)
    {
        // In the order in which they stand; the number says which goes first when there is no room.
        var fields = new List<(int Keep, string Text)>
        {
            (9, $"{step.Step}/{step.MaxSteps}"),
            (6, $"loss {ReportText.Value(step.Loss)}"),
            (8, $"smoothed {ReportText.Value(step.SmoothedLoss)}"),
            (3, $"lr {Quantity.Small(step.LearningRate)}"),
        };
        if (step.TokensPerSecond is { } speed) fields.Add((4, $"{Quantity.Count(speed)} tok/s"));
        if (step.ScoringSeconds is { } scoring) fields.Add((2, $"scoring {ReportText.Seconds(scoring)}"));
        if (step.RemainingSeconds is { } left) fields.Add((7, $"{Quantity.Time(left)} left"));
        if (best is { Values.Count: > 0 }) fields.Add((5, $"best {ReportText.FirstValue(best)} at {best.Step}"));

        var share = step.MaxSteps > 0 ? Math.Clamp((double)step.Step / step.MaxSteps, 0, 1) : 1;
        var percent = ((int)(share * 100)).ToString(CultureInfo.InvariantCulture).PadLeft(3) + "%";
        while (fields.Count > 1 && Width(percent, fields) + 1 + NarrowestBar > width) fields.Remove(fields.MinBy(field => field.Keep));

        var text = string.Concat(fields.Select(field => Gap + field.Text));
        var bar = Math.Min(WidestBar, width - percent.Length - 1 - text.Length);
        var line = bar >= NarrowestBar ? $"{percent} {Bar.Of(share, bar, colour)}{text}" : (percent + text);
        return bar >= NarrowestBar || line.Length <= width ? line : line[..Math.Max(0, width)];
    }

    private static int Width(string percent, List<(int Keep, string Text)> fields) =>
        percent.Length + fields.Sum(field => Gap.Length + field.Text.Length);
}
