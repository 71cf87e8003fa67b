using System.Globalization;
using System.Text;

namespace DistZO.Runs;

/// <summary>
/// Draws a part of a trace as one SVG picture that needs nothing else: no fonts, no scripts, no other files; light or dark as its viewer
/// likes it. With more than a few steps it shows them all, and one of median length below.
/// </summary>
public static class TracePicture
{
    private const double Width = 1280;
    private const double Margin = 24;
    private const double CardHeight = 64;
    private const double RowHeight = 22;
    private const double HeadHeight = 84;
    private const int MostWaits = 8;
    private const int FewSteps = 3;

    /// <summary>The picture as an SVG file, in UTF-8.</summary>
    public static string Svg(TraceContents trace, TraceReport report)
    {
        var svg = new SvgText();
        var detail = Detail(trace, report);
        var waits = report.Waits.Take(MostWaits).ToList();
        var height = HeadHeight + CardHeight + 34 + 24 + LanePanel.HeightOf(report) + (detail is null ? 0 : 24 + LanePanel.HeightOf(detail))
            + (waits.Count == 0 ? 0 : 40 + (waits.Count * RowHeight)) + 44;
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height:0}\" viewBox=\"0 0 {Width} {height:0}\" role=\"img\">");
        svg.Add($"<title>{SvgText.Escape(TraceVerdict.Of(report))}</title>");
        svg.Add($"{PictureStyle.Definitions}");
        svg.Add($"<rect class=\"page\" width=\"{Width}\" height=\"{height:0}\"/>");
        var top = Head(svg, trace, report);
        svg.Text(Margin, top + 14, "title", report.Window.Words);
        var scale = LanePanel.Draw(svg, report, trace.Begin, top + 20, Width, Margin);
        top += 24 + LanePanel.HeightOf(report);
        if (detail is not null)
        {
            var (from, to) = (scale.Of(detail.Window.Begin), scale.Of(detail.Window.End));
            var lanes = LanePanel.HeightOf(report) - 50;
            svg.Add($"<rect class=\"zoom\" x=\"{from:0.#}\" y=\"{top - 4 - lanes - 32:0.#}\" width=\"{Math.Max(1, to - from):0.#}\" height=\"{lanes:0.#}\" rx=\"2\"/>");
            svg.Text(Margin, top + 14, "title", $"{detail.Window.Words}, of median length ({Quantity.Duration(detail.Window.Nanoseconds / 1e9)})");
            LanePanel.Draw(svg, detail, trace.Begin, top + 20, Width, Margin);
            top += 24 + LanePanel.HeightOf(detail);
        }

        top = Waits(svg, report, waits, top);
        Legend(svg, report, top + 26);
        svg.Add($"</svg>");
        return svg.ToString();
    }

    /// <summary>The picture as a web page.</summary>
    public static string Html(TraceContents trace, TraceReport report)
    {
        var page = new StringBuilder();
        page.AppendLine("<!doctype html>");
        page.AppendLine("<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">");
        page.AppendLine(CultureInfo.InvariantCulture, $"<title>{SvgText.Escape(Path.GetFileName(trace.Path))}</title>");
        page.AppendLine("<style>body { margin: 0; } svg { display: block; width: 100%; height: auto; max-width: 1800px; margin: auto; }</style></head><body>");
        page.Append(Svg(trace, report));
        page.AppendLine("</body></html>");
        return page.ToString();
    }

    private static TraceReport? Detail(TraceContents trace, TraceReport report)
    {
        var whole = report.Steps.Where(step => step.IsWhole && step.End <= report.Window.End && step.End > step.Begin)
            .OrderBy(step => step.End - step.Begin).ThenBy(step => step.Step).ToList();
        if (whole.Count <= FewSteps) return null;
        var median = whole[(whole.Count - 1) / 2].Step;
        return TraceAnalysis.Of(trace, TraceWindow.OfSteps(trace, median, median));
    }

    private static double Head(SvgText svg, TraceContents trace, TraceReport report)
    {
        svg.Text(Margin, 40, "head", SvgText.Cut(TraceVerdict.Of(report), 110));
        var notes = new List<string> { Path.GetFileName(trace.Path), Quantity.Duration(report.Window.Nanoseconds / 1e9) };
        if (trace.IsCut) notes.Add("cut off: its run was killed, or goes on");
        if (trace.Limit is { } limit) notes.Add(limit);
        svg.Text(Margin, 62, "muted", string.Join(" · ", notes));
        (string Figure, string Words)[] cards =
        [
            (Percent(report.IdleShare), "of the time compute is idle"),
            (Percent(report.Overlap), "of the transfers' time is hidden behind computing"),
            (Quantity.Bytes(report.Bytes), $"moved in {Quantity.Duration(report.Transfers / 1e9)} of transfers"),
            (report.StepNanoseconds is { } step ? Quantity.Duration(step / 1e9) : "–", "a step, on average"),
        ];
        var width = (Width - (2 * Margin) - (3 * 12)) / 4;
        for (var i = 0; i < cards.Length; i++)
        {
            var x = Margin + (i * (width + 12));
            svg.Add($"<rect class=\"card\" x=\"{x:0.#}\" y=\"{HeadHeight}\" width=\"{width:0.#}\" height=\"{CardHeight}\" rx=\"8\"/>");
            svg.Text(x + 14, HeadHeight + 32, "figure", cards[i].Figure);
            svg.Text(x + 14, HeadHeight + 51, "small muted", cards[i].Words);
        }

        return HeadHeight + CardHeight + 24;
    }

    private static double Waits(SvgText svg, TraceReport report, List<TraceWait> waits, double top)
    {
        if (waits.Count == 0) return top;
        var first = waits.Count < report.Waits.Count ? $"; the longest {waits.Count} of {report.Waits.Count}" : "";
        svg.Text(Margin, top + 18, "title", $"What idle kernels waited for: {SvgText.Cut(TraceVerdict.Waits(report), 110)}{first}");
        top += 32;
        foreach (var wait in waits)
        {
            var share = (double)wait.Nanoseconds / report.Idle;
            svg.Text(Margin, top + 13, "", SvgText.Cut(wait.Words, 48));
            svg.Add($"<rect class=\"wait\" x=\"360\" y=\"{top + 2:0.#}\" width=\"{Math.Max(1, share * 520):0.#}\" height=\"14\" rx=\"2\"/>");
            var times = wait.Times == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{wait.Times:N0} times");
            var words = string.Create(CultureInfo.InvariantCulture, $"{Quantity.Duration(wait.Nanoseconds / 1e9)} · {share:0.0%} · {times}");
            svg.Text(360 + (share * 520) + 8, top + 13, "muted", words);
            top += RowHeight;
        }

        return top + 8;
    }

    private static void Legend(SvgText svg, TraceReport report, double y)
    {
        var x = Margin;
        foreach (var track in report.Tracks.DistinctBy(track => track.Name.Kind))
            Entry(PictureStyle.ColourOf(track.Name), track.Name.Kind);
        if (report.Tracks.Any(track => track.Gaps.Count > 0)) Entry("idle", "no kernel runs");
        Entry("other\" fill-opacity=\".3", "fainter: spans too short to be drawn one by one");

        void Entry(string colour, string words)
        {
            svg.Add($"<rect class=\"{colour}\" x=\"{x:0.#}\" y=\"{y - 11:0.#}\" width=\"14\" height=\"14\" rx=\"2\"/>");
            svg.Text(x + 20, y, "small muted", words);
            x += 48 + (words.Length * 6.2);
        }
    }

    private static string Percent(double? share) => share is { } known ? known.ToString("0.0%", CultureInfo.InvariantCulture) : "–";
}
