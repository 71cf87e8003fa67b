using System.Globalization;

namespace DistZO.Runs;

/// <summary>Why a part of a trace takes as long as it does, in words.</summary>
public static class TraceVerdict
{
    private const double NearlyAll = 0.9;
    private const double WorthSaying = 0.005;

    /// <summary>What the limit is, in one line.</summary>
    public static string Of(TraceReport report)
    {
        if (report.IdleShare is not { } idle) return "No computing was traced here.";
        var busiest = report.Tracks.Where(track => track.Name is { IsCompute: false, IsHost: false }).MaxBy(track => track.Busy);
        if (busiest is null || report.Bytes == 0) return Text($"Nothing was moved; compute is idle for {idle:0%} of the time.");
        var share = (double)busiest.Busy / report.Window.Nanoseconds;
        var stream = $"the {busiest.Name.Text} stream";
        switch (1 - idle >= NearlyAll, share >= NearlyAll)
        {
            case (true, true):
                return Text($"Computing and {stream} are both busy nearly all the time: {1 - idle:0%} and {share:0%}.");
            case (true, false):
                return Text($"Computing is the limit: it runs for {1 - idle:0%} of the time, and transfers hide behind it.");
            case (false, true):
                var rate = busiest.GigabytesPerSecond is { } speed ? Text($" at {speed:0.0#} GB/s") : "";
                return Text($"T{stream[1..]} is the limit: it is busy for {share:0%} of the time{rate}.");
        }

        var hosts = report.Waits.Where(wait => wait.Track is { } track && TrackName.Of(track).IsHost).ToList();
        if (hosts.Sum(wait => wait.Nanoseconds) * 2 > report.Idle)
            return Text($"Compute is idle for {idle:0%} of the time, mostly while its host waits, longest for {hosts[0].Name}.");
        var outside = report.Waits.Where(wait => wait.Track is null && !wait.IsEnd).Sum(wait => wait.Nanoseconds);
        return outside * 2 > report.Idle
            ? Text($"Compute is idle for {idle:0%} of the time, mostly for reasons that are not in the trace.")
            : Text($"Compute is idle for {idle:0%} of the time, {stream} for {1 - share:0%}: they wait for each other.");
    }

    /// <summary>What idle kernels waited for, by streams: <c>upload (97%), the end of the trace (3%)</c>.</summary>
    public static string Waits(TraceReport report) =>
        string.Join(", ", TraceWaits.SumByStream(report.Waits)
            .Select(wait => (wait.Words, Share: (double)wait.Nanoseconds / report.Idle))
            .Where(wait => wait.Share >= WorthSaying)
            .Select(wait => Text($"{wait.Words} ({wait.Share:0%})")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
