using System.Globalization;
using System.Text;

namespace DistZO.Runs;

/// <summary>
/// Draws a part of a trace as one SVG picture that needs nothing else: no fonts, no scripts, no other files; light or dark as its viewer
/// likes it. With more than a few steps it shows them all, and one of median length below.
/// </summary>
public static class TracePicture
{
    private const double Width = LanePanel.Width;
    private const double Margin = LanePanel.Margin;
    private const double TitleHeight = 24;
    private const double LongestBar = 520;
    private const double BarsLeft = 360;
    private const double BarDistance = 22;
    private const int MostWaits = 8;
    private const int FewSteps = 3;
    private const int LongestLine = 110;

    /// <summary>The picture as the text of an SVG file.</summary>
    public static string Svg(TraceContents trace, TraceReport report)
    {
        var body = new SvgText();
        var top = Panels(body, trace, report, PictureHead.Draw(body, trace, report));
        top = Waits(body, report, top);
        Legend(body, report, top + 26);
        var svg = new SvgText();
        var height = top + 44;
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height:0}\" viewBox=\"0 0 {Width} {height:0}\" role=\"img\">");
        svg.Add($"<title>{SvgText.Escape(TraceVerdict.Of(report))}</title>");
        svg.Add($"{PictureStyle.Definitions}");
        svg.Shape("page", 0, 0, Width, height, radius: 0);
        return $"{svg}{body}</svg>\n";
    }

    /// <summary>The picture as the text of a web page.</summary>
    public static string Html(TraceContents trace, TraceReport report) =>
        $$"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
        <title>{{SvgText.Escape(Path.GetFileName(trace.Path))}}</title>
        <style>body { margin: 0; } svg { display: block; width: 100%; height: auto; max-width: 1800px; margin: auto; }</style></head><body>
        {{Svg(trace, report)}}</body></html>

        """;

    private static double Panels(SvgText svg, TraceContents trace, TraceReport report, double top)
    {
        svg.Text(Margin, top + 14, "title", report.Window.Words);
        top += TitleHeight;
        var panel = new LanePanel(svg, report, top);
        panel.Draw(trace.Begin);
        top += LanePanel.HeightOf(report.Tracks.Count);
        if (MedianStep(report) is not { } median) return top;
        var step = TraceAnalysis.Of(trace, TraceWindow.OfSteps(trace, median, median));
        panel.Frame(step.Window);
        svg.Text(Margin, top + 14, "title", $"{step.Window.Words}, of median length ({Quantity.Duration(step.Window.Nanoseconds / 1e9)})");
        top += TitleHeight;
        new LanePanel(svg, step, top).Draw(trace.Begin);
        return top + LanePanel.HeightOf(step.Tracks.Count);
    }

    /// <summary>A step to be shown larger; null if there are so few that all are.</summary>
    private static int? MedianStep(TraceReport report)
    {
        var whole = report.Steps.Where(step => step.IsWhole && step.End <= report.Window.End && step.End > step.Begin)
            .OrderBy(step => step.End - step.Begin).ThenBy(step => step.Step).ToList();
        return whole.Count > FewSteps ? whole[(whole.Count - 1) / 2].Step : null;
    }

    private static double Waits(SvgText svg, TraceReport report, double top)
    {
        if (report.Waits.Count == 0) return top;
        var rest = report.Waits.Count > MostWaits ? $"; the longest {MostWaits} of {report.Waits.Count}" : "";
        svg.Text(Margin, top + 18, "title", $"What idle kernels waited for: {SvgText.Cut(TraceVerdict.Waits(report), LongestLine)}{rest}");
        top += TitleHeight + 8;
        foreach (var wait in report.Waits.Take(MostWaits))
        {
            var share = (double)wait.Nanoseconds / report.Idle;
            var times = wait.Times == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{wait.Times:N0} times");
            svg.Text(Margin, top + 13, "", SvgText.Cut(wait.Words, 48));
            svg.Shape("wait", BarsLeft, top + 2, Math.Max(1, share * LongestBar), 14);
            svg.Text(
                BarsLeft + (share * LongestBar) + 8,
                top + 13,
                "muted",
                string.Create(CultureInfo.InvariantCulture, $"{Quantity.Duration(wait.Nanoseconds / 1e9)} · {share:0.0%} · {times}"));
            top += BarDistance;
        }

        return top + 8;
    }

    private static void Legend(SvgText svg, TraceReport report, double baseline)
    {
        var entries = report.Tracks.DistinctBy(track => track.Name.Kind).Select(track => (PictureStyle.ColourOf(track.Name), track.Name.Kind)).ToList();
        if (report.Idle > 0) entries.Add(("idle", "no kernel runs"));
        entries.Add(("faint", "fainter: spans too short to be drawn one by one"));
        var x = Margin;
        foreach (var (style, words) in entries)
        {
            svg.Shape(style, x, baseline - 11, 14, 14);
            svg.Text(x + 20, baseline, "small muted", SvgText.Cut(words, 48));
            x += 48 + (words.Length * 6.2);
        }
    }
}
