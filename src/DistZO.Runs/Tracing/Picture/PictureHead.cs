using System.Globalization;

namespace DistZO.Runs;

/// <summary>The top of the picture: what the limit is, and the four figures that say how good the overlap is.</summary>
internal static class PictureHead
{
    private const double CardsTop = 84;
    private const double CardHeight = 64;
    private const double CardDistance = 12;
    private const int LongestVerdict = 110;

    /// <summary>Draws it; gives where the rest begins.</summary>
    public static double Draw(SvgText svg, TraceContents trace, TraceReport report)
    {
        svg.Text(LanePanel.Margin, 40, "head", SvgText.Cut(TraceVerdict.Of(report), LongestVerdict));
        var notes = new List<string> { Path.GetFileName(trace.Path), Quantity.Duration(report.Window.Nanoseconds / 1e9) };
        if (trace.IsCut) notes.Add("cut off: its run was killed, or goes on");
        if (trace.Limit is { } limit) notes.Add(limit);
        svg.Text(LanePanel.Margin, 62, "muted", string.Join(" · ", notes));
        (string Figure, string Words)[] cards =
        [
            (Percent(report.IdleShare), "of the time compute is idle"),
            (Percent(report.Overlap), "of the transfers' time is hidden behind computing"),
            (Quantity.Bytes(report.Bytes), $"moved in {Quantity.Duration(report.Transfers / 1e9)} of transfers"),
            (report.StepNanoseconds is { } step ? Quantity.Duration(step / 1e9) : "–", "a step, on average"),
        ];
        var width = (LanePanel.Width - (2 * LanePanel.Margin) + CardDistance) / cards.Length;
        for (var i = 0; i < cards.Length; i++)
        {
            var x = LanePanel.Margin + (i * width);
            svg.Shape("card", x, CardsTop, width - CardDistance, CardHeight, radius: 8);
            svg.Text(x + 14, CardsTop + 32, "figure", cards[i].Figure);
            svg.Text(x + 14, CardsTop + 51, "small muted", cards[i].Words);
        }

        return CardsTop + CardHeight + 24;
    }

    private static string Percent(double? share) => share is { } known ? known.ToString("0.0%", CultureInfo.InvariantCulture) : "–";
}
