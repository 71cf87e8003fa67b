using System.Globalization;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// Draws the spans of one track. What is too narrow to be seen becomes part of a block that stands for several, the fainter the less of it
/// they cover, so that a lane has no more shapes than pixels whatever the number of spans.
/// </summary>
internal sealed class LaneDrawing(SvgText svg, TimeScale scale, double top, double height)
{
    private const double NarrowestSpan = 2;
    private const double NarrowestGap = 3;
    private const double WidestBlock = 4;
    private const double PixelsPerCharacter = 6.3;
    private const double PixelsPerDigit = 7;

    private string _colour = "";
    private double _begin;
    private double _end;
    private double _covered;
    private int _count;

    public void Draw(TrackReport track)
    {
        _colour = PictureStyle.ColourOf(track.Name);
        foreach (var gap in track.Gaps) Draw(gap);
        foreach (var span in track.Spans)
        {
            var (begin, end) = (scale.Of(span.Begin), scale.Of(span.End));
            if (end - begin >= NarrowestSpan)
            {
                Flush();
                Draw(span, begin, end - begin);
            }
            else
            {
                if (_count > 0 && (begin - _end > 1 || end - _begin > WidestBlock)) Flush();
                Collect(begin, end);
            }
        }

        Flush();
        foreach (var gap in track.Gaps) Label(gap);
    }

    private static string Shown(string name, double width)
    {
        var room = (int)((width - 3) / PixelsPerCharacter);
        if (name.Length <= room) return name;
        // Of model.layers.3 the end tells more than the beginning.
        var end = name[(name.LastIndexOf('.') + 1)..];
        return end.Length <= room ? end : "";
    }

    private void Draw(in TraceSpan span, double x, double width)
    {
        var title = $"{span.Track}: {span.Name}, {Quantity.Duration((span.End - span.Begin) / 1e9)}";
        if (span.Bytes > 0)
        {
            var rate = (double)span.Bytes / (span.End - span.Begin);
            title += string.Create(CultureInfo.InvariantCulture, $", {Quantity.Bytes(span.Bytes)} at {rate:0.00} GB/s");
        }

        svg.Box($"span {_colour}", x, top, width, height, title);
        svg.Text(x + (width / 2), top + (height / 2) + 4, "name", Shown(span.Name, width));
    }

    private void Draw(TraceGap gap)
    {
        var x = scale.Of(gap.Begin);
        var width = scale.Of(gap.End) - x;
        if (width < NarrowestGap) return;
        svg.Box("idle", x, top, width, height, Title(gap));
    }

    private static string Title(TraceGap gap)
    {
        var causes = TraceWaits.Sum(gap.Causes).Select(wait => $"{Quantity.Duration(wait.Nanoseconds / 1e9)} for {wait.Words}");
        return $"idle for {Quantity.Duration(gap.Nanoseconds / 1e9)}; it waits {string.Join(", ", causes)}";
    }

    private void Label(TraceGap gap)
    {
        var (begin, end) = (scale.Of(gap.Begin), scale.Of(gap.End));
        var length = Quantity.Duration(gap.Nanoseconds / 1e9);
        string[] forms = [length, Rounded(length)];
        if (Array.Find(forms, form => (form.Length * PixelsPerDigit) + 3 <= end - begin) is { } fits)
            svg.Text((begin + end) / 2, top + (height / 2) + 4, "gap", fits);
    }

    /// <summary><c>9ms</c> for <c>9.33 ms</c>.</summary>
    private static string Rounded(string length)
    {
        var parts = length.Split(' ');
        return Math.Round(double.Parse(parts[0], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture) + parts[1];
    }

    private void Collect(double begin, double end)
    {
        if (_count++ == 0) (_begin, _covered) = (begin, 0);
        _end = end;
        _covered += end - begin;
    }

    private void Flush()
    {
        if (_count == 0) return;
        var width = Math.Max(_end - _begin, 0.8);
        var covered = Math.Min(1, _covered / width);
        var title = string.Create(CultureInfo.InvariantCulture, $"{_count:N0} short spans, busy {covered:0%} of the time");
        svg.Box(_colour, _begin, top, width, height, title, Math.Max(0.2, covered));
        _count = 0;
    }
}
