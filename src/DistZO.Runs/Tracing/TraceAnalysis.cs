using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>Works out what a part of a trace comes to.</summary>
public static class TraceAnalysis
{
    private const int NoSlot = -1;

    /// <summary>Spans that cross the part's ends are cut there, and count with their share of bytes.</summary>
    public static TraceReport Of(TraceContents trace, TraceWindow window)
    {
        var tracks = trace.Spans.GroupBy(span => span.Track)
            .Select(spans => new Track(TrackName.Of(spans.Key), [.. spans], [.. spans.Where(window.Meets).Select(span => Cut(span, window))]))
            .OrderBy(track => track.Name)
            .ToList();
        var compute = tracks.Where(track => track.Name.IsCompute).ToList();
        var kernels = compute.ToDictionary(track => track.Name.Slot ?? NoSlot, track => Times(track.InWindow));
        // A stream that is of no device hides behind whichever computes.
        var anyKernels = Times(compute.SelectMany(track => track.InWindow).OrderBy(span => span.Begin));
        var reports = new List<TrackReport>();
        foreach (var track in tracks)
        {
            var busy = Times(track.InWindow);
            var moving = Times(track.InWindow.Where(span => span.Bytes > 0));
            reports.Add(new TrackReport
            {
                Name = track.Name,
                Spans = track.InWindow,
                Busy = busy.Length,
                Idle = window.Nanoseconds - busy.Length,
                Transfers = moving.Length,
                Hidden = moving.LengthWithin(kernels.GetValueOrDefault(track.Name.Slot ?? NoSlot, anyKernels)),
                Bytes = track.InWindow.Sum(span => span.Bytes),
                Gaps = track.Name.IsCompute ? Gaps(track, tracks, trace, window) : [],
            });
        }

        return new TraceReport
        {
            Window = window,
            Tracks = reports,
            Waits = TraceWaits.Sum(reports.SelectMany(report => report.Gaps).SelectMany(gap => gap.Causes)),
            Steps = [.. trace.Steps.Where(step => step.Begin >= window.Begin && step.Begin < window.End)],
        };
    }

    /// <summary>Gaps are explained by all of the trace: what ends one may be behind the part's end.</summary>
    private static List<TraceGap> Gaps(Track compute, List<Track> tracks, TraceContents trace, TraceWindow window)
    {
        var others = tracks.Where(track => !track.Name.IsCompute && (track.Name.Slot is null || track.Name.Slot == compute.Name.Slot)).ToLookup(track => track.Name.IsHost);
        var waits = new TraceWaits([.. others[false].Select(track => track.Spans)], [.. others[true].Select(track => track.Spans)]);
        var gaps = new List<TraceGap>();
        foreach (var (begin, end) in Times(compute.Spans).Gaps(trace.Begin, Math.Max(trace.End, window.End)))
        {
            if (begin >= window.End || end <= window.Begin) continue;
            var causes = waits.Explain(begin, end, compute.Spans).Select(cause => cause.Within(window)).Where(cause => cause.Nanoseconds > 0);
            gaps.Add(new TraceGap(Math.Max(begin, window.Begin), Math.Min(end, window.End), [.. causes]));
        }

        return gaps;
    }

    private static Intervals Times(IEnumerable<TraceSpan> spans) => Intervals.Union(spans.Select(span => (span.Begin, span.End)));

    private static TraceSpan Cut(TraceSpan span, TraceWindow window)
    {
        var (begin, end) = (Math.Max(span.Begin, window.Begin), Math.Min(span.End, window.End));
        if (begin == span.Begin && end == span.End) return span;
        return span with { Begin = begin, End = end, Bytes = (long)((Int128)span.Bytes * (end - begin) / (span.End - span.Begin)) };
    }

    /// <summary>A track with all its spans, and those in the part, in order.</summary>
    private sealed record Track(TrackName Name, List<TraceSpan> Spans, List<TraceSpan> InWindow);
}
