using System.Globalization;
using DistZO.Runs;

namespace DistZO.Cli.Terminal;

/// <summary>What a part of a trace comes to, as a table.</summary>
internal static class TraceTable
{
    private const int MostWaits = 8;
    private const int WidestTrack = 24;
    private const int WidestWait = 60;
    private const int WidestWaits = 110;

    public static IEnumerable<string> Lines(TraceContents trace, TraceReport report)
    {
        var spans = report.Tracks.Sum(track => track.Spans.Count);
        yield return Text($"{trace.Path}: {report.Window.Words}, {Seconds(report.Window.Nanoseconds)}, {spans:N0} spans");
        if (trace.IsCut) yield return "it is cut off: its run was killed, or goes on";
        if (trace.Limit is { } limit) yield return ClusterWords.Fit(limit, 120);
        yield return "";
        foreach (var line in Tracks(report)) yield return line;
        yield return "";
        if (report.StepNanoseconds is { } step) yield return $"a step takes {Seconds((long)step)} on average";
        if (report.Overlap is { } overlap) yield return Text($"transfers are hidden behind computing for {overlap:0.0%} of their time");
        if (report.IdleShare is { } idle)
        {
            var waits = report.Waits.Count > 0 ? $"; it waits for {ClusterWords.Fit(TraceVerdict.Waits(report), WidestWaits)}:" : "";
            yield return Text($"compute is idle for {idle:0.0%} of the time{waits}");
        }

        foreach (var wait in report.Waits.Take(MostWaits))
        {
            var times = wait.Times == 1 ? "once" : Text($"{wait.Times:N0} times");
            var share = (double)wait.Nanoseconds / report.Idle;
            yield return Text($"  {Seconds(wait.Nanoseconds),8} {share,6:0.0%}  {ClusterWords.Fit(wait.Words, WidestWait)} ({times})");
        }

        if (report.Waits.Count > MostWaits) yield return Text($"  and {report.Waits.Count - MostWaits:N0} more");
        yield return ClusterWords.Fit(TraceVerdict.Of(report), 160);
    }

    private static IEnumerable<string> Tracks(TraceReport report)
    {
        var width = Math.Clamp(report.Tracks.Max(track => track.Name.Text.Length), "track".Length, WidestTrack);
        yield return $"{"track".PadRight(width)}     busy     idle   share     moved        rate  hidden";
        foreach (var track in report.Tracks)
        {
            var moved = track.Bytes > 0 ? Quantity.Bytes(track.Bytes) : "";
            var rate = track.GigabytesPerSecond is { } speed ? Text($"{speed:0.00} GB/s") : "";
            var hidden = track.Transfers > 0 ? Text($"{(double)track.Hidden / track.Transfers:0.0%}") : "";
            var name = ClusterWords.Fit(track.Name.Text, width).PadRight(width);
            var share = (double)track.Busy / report.Window.Nanoseconds;
            yield return Text($"{name} {Seconds(track.Busy),8} {Seconds(track.Idle),8} {share,7:0.0%} {moved,9} {rate,11} {hidden,7}").TrimEnd();
        }
    }

    private static string Seconds(long nanoseconds) => Quantity.Duration(nanoseconds / 1e9);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
