using System.Globalization;

namespace DistZO.Runs;

/// <summary>One lane a track over an axis of time: steps, spans, idle kernels, and what each track comes to at the right.</summary>
internal static class LanePanel
{
    public const double LaneHeight = 30;
    public const double Left = 150;
    private const double Totals = 250;
    private const double Distance = 38;
    private const double AxisHeight = 24;
    private const double StepHeight = 22;
    private const double PixelsBetweenSteps = 60;

    /// <summary>Its height.</summary>
    public static double HeightOf(TraceReport report) => StepHeight + (report.Tracks.Count * Distance) + AxisHeight + 8;

    /// <summary>Draws it; gives its scale.</summary>
    /// <param name="svg">Where it goes.</param>
    /// <param name="report">What is shown.</param>
    /// <param name="origin">The moment that is 0 on the axis.</param>
    /// <param name="top">Its upper edge.</param>
    /// <param name="width">Of the whole picture.</param>
    /// <param name="margin">At the left and the right.</param>
    public static TimeScale Draw(SvgText svg, TraceReport report, long origin, double top, double width, double margin)
    {
        var scale = new TimeScale(report.Window, Left, width - margin - Totals - Left);
        var (lanes, bottom) = (top + StepHeight, top + StepHeight + (report.Tracks.Count * Distance));
        foreach (var (column, x) in Columns(width - margin)) svg.Text(x, top + 14, "small muted end", column);
        for (var i = 0; i < report.Tracks.Count; i++)
            svg.Add($"<rect class=\"lane\" x=\"{Left:0.#}\" y=\"{lanes + (i * Distance):0.#}\" width=\"{scale.Right - Left:0.#}\" height=\"{LaneHeight}\" rx=\"2\"/>");
        foreach (var (x, label) in scale.Ticks(origin))
        {
            svg.Add($"<path class=\"tick\" d=\"M{x:0.#} {lanes:0.#}V{bottom:0.#}\"/>");
            svg.Text(x, bottom + 14, "small muted middle", label);
        }

        for (var i = 0; i < report.Tracks.Count; i++) Draw(svg, report, report.Tracks[i], scale, lanes + (i * Distance), width, margin);
        DrawSteps(svg, report, scale, top, bottom);
        return scale;
    }

    private static void Draw(SvgText svg, TraceReport report, TrackReport track, TimeScale scale, double top, double width, double margin)
    {
        var baseline = top + (LaneHeight / 2) + 4;
        svg.Text(margin, baseline, "", SvgText.Cut(track.Name.Text, 18));
        new LaneDrawing(svg, scale, top, LaneHeight).Draw(track);
        string[] cells =
        [
            string.Create(CultureInfo.InvariantCulture, $"{(double)track.Busy / report.Window.Nanoseconds:0.0%}"),
            track.Bytes > 0 ? Quantity.Bytes(track.Bytes) : "",
            track.GigabytesPerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:0.00} GB/s") : "",
        ];
        foreach (var (cell, (_, x)) in cells.Zip(Columns(width - margin))) svg.Text(x, baseline, "end", cell);
    }

    private static void DrawSteps(SvgText svg, TraceReport report, TimeScale scale, double top, double bottom)
    {
        var last = double.NegativeInfinity;
        foreach (var step in report.Steps)
        {
            var x = scale.Of(step.Begin);
            if (x - last < PixelsBetweenSteps) continue;
            last = x;
            svg.Add($"<path class=\"step\" d=\"M{x:0.#} {top + 4:0.#}V{bottom:0.#}\"/>");
            svg.Text(x + 4, top + 14, "small muted", string.Create(CultureInfo.InvariantCulture, $"step {step.Step}"));
        }
    }

    private static (string Head, double X)[] Columns(double right) => [("busy", right - 180), ("moved", right - 90), ("rate", right)];
}
