using System.Globalization;

namespace DistZO.Runs;

/// <summary>One lane a track over an axis of time: steps, spans, idle kernels, and at the right what each track comes to.</summary>
/// <param name="svg">Where it goes.</param>
/// <param name="report">What is shown.</param>
/// <param name="top">Its upper edge.</param>
internal sealed class LanePanel(SvgText svg, TraceReport report, double top)
{
    /// <summary>Of the whole picture.</summary>
    public const double Width = 1280;

    /// <summary>At the left and the right of the picture.</summary>
    public const double Margin = 24;

    private const double Left = 150;
    private const double Totals = 250;
    private const double LaneHeight = 30;
    private const double Distance = 38;
    private const double StepHeight = 22;
    private const double AxisHeight = 32;
    private const double PixelsBetweenSteps = 60;
    private const int LongestName = 18;

    private static readonly (string Head, double Right)[] Columns =
        [("busy", Width - Margin - 180), ("moved", Width - Margin - 90), ("rate", Width - Margin)];

    private readonly TimeScale _scale = new(report.Window, Left, Width - Margin - Totals - Left);
    private readonly double _lanes = top + StepHeight;
    private readonly double _bottom = top + StepHeight + (report.Tracks.Count * Distance);

    /// <summary>The height of a panel of so many tracks.</summary>
    public static double HeightOf(int tracks) => StepHeight + (tracks * Distance) + AxisHeight;

    /// <summary>Draws it.</summary>
    /// <param name="origin">The moment that is 0 on the axis.</param>
    public void Draw(long origin)
    {
        foreach (var (head, right) in Columns) svg.Text(right, top + 14, "small muted end", head);
        for (var y = _lanes; y < _bottom; y += Distance) svg.Shape("lane", Left, y, _scale.Right - Left, LaneHeight);
        foreach (var (x, label) in _scale.Ticks(origin))
        {
            svg.Line("tick", x, _lanes, _bottom);
            svg.Text(x, _bottom + 14, "small muted middle", label);
        }

        for (var i = 0; i < report.Tracks.Count; i++) Draw(report.Tracks[i], _lanes + (i * Distance));
        DrawSteps();
    }

    /// <summary>Draws a frame around a part of the lanes.</summary>
    public void Frame(TraceWindow part)
    {
        var (from, to) = (_scale.Of(part.Begin), _scale.Of(part.End));
        svg.Shape("zoom", from, _lanes - 4, Math.Max(1, to - from), _bottom - _lanes);
    }

    private void Draw(TrackReport track, double y)
    {
        var baseline = y + (LaneHeight / 2) + 4;
        svg.Text(Margin, baseline, "", SvgText.Cut(track.Name.Text, LongestName));
        new LaneDrawing(svg, _scale, y, LaneHeight).Draw(track);
        string[] cells =
        [
            string.Create(CultureInfo.InvariantCulture, $"{(double)track.Busy / report.Window.Nanoseconds:0.0%}"),
            track.Bytes > 0 ? Quantity.Bytes(track.Bytes) : "",
            track.GigabytesPerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:0.00} GB/s") : "",
        ];
        foreach (var (cell, (_, right)) in cells.Zip(Columns)) svg.Text(right, baseline, "end", cell);
    }

    private void DrawSteps()
    {
        var last = double.NegativeInfinity;
        foreach (var step in report.Steps)
        {
            var x = _scale.Of(step.Begin);
            if (x - last < PixelsBetweenSteps) continue;
            last = x;
            svg.Line("step", x, top + 4, _bottom);
            svg.Text(x + 4, top + 14, "small muted", string.Create(CultureInfo.InvariantCulture, $"step {step.Step}"));
        }
    }
}
