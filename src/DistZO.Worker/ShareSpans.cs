using System.Diagnostics;
using System.Diagnostics.Metrics;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Worker;

/// <summary>
/// A worker's shares as OpenTelemetry spans under the coordinator's, and what its tracks did as numbers. Of a share each track (compute,
/// upload, write-back) is one span, however many blocks it visited: what tracing costs does not grow with the model. A transfer that
/// ends behind its share makes a span of its own with the next. Calls may come from any thread.
/// </summary>
public sealed class ShareSpans : ITraceSink, IDisposable
{
    /// <summary>Of spans and of the meter.</summary>
    public const string Name = "DistZO.Worker";

    private static readonly ActivitySource Source = new(Name);

    private readonly Lock _gate = new();
    private readonly string _worker;
    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _shares;
    private readonly Counter<long> _moved;
    private readonly Counter<double> _busy;
    private readonly Dictionary<string, Track> _tracks = [];
    private ActivityContext _parent;

    /// <param name="worker">What people call the worker.</param>
    public ShareSpans(string worker)
    {
        _worker = worker;
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250] };
        _shares = _meter.CreateHistogram("distzo.share.duration", "s", "A share, from its assignment to its report.", advice: advice);
        _moved = _meter.CreateCounter<long>("distzo.transfer.io", "By", "Bytes that tracks moved.");
        _busy = _meter.CreateCounter<double>("distzo.track.busy", "s", "Time that tracks did something.");
        _meter.CreateObservableGauge("process.memory.usage", () => Environment.WorkingSet, "By", "Memory that the process holds.");
    }

    public void Add(in TraceSpan span)
    {
        lock (_gate)
        {
            if (!_tracks.TryGetValue(span.Track, out var track)) _tracks[span.Track] = track = new Track(TrackName.Of(span.Track));
            // What a thread waits for is no work.
            if (!track.Name.IsHost) track.Add(span);
        }
    }

    /// <summary>A share or held-out rows are begun; null where nobody traces. The current span, which log lines name, until its end.</summary>
    /// <param name="name">share or evaluate.</param>
    /// <param name="traceParent">The coordinator's span; empty if it does not trace.</param>
    /// <param name="step">As progress shows it.</param>
    internal Activity? Begin(string name, string traceParent, long step)
    {
        Flush();
        var span = Spans.Start(Source, name, Spans.Parent(traceParent), ActivityKind.Consumer);
        lock (_gate) _parent = span is { Recorded: true } ? span.Context : default;
        if (span is not null) Activity.Current = span;
        return span is { IsAllDataRequested: true } ? span.SetTag("distzo.step", step).SetTag("distzo.worker.name", _worker) : span;
    }

    /// <summary>A share is reported.</summary>
    internal void Took(TimeSpan time) => _shares.Record(time.TotalSeconds);

    /// <summary>It ends, however it ends.</summary>
    internal void End(Activity? span)
    {
        Flush();
        Spans.Stop(span);
    }

    public void Dispose()
    {
        Flush();
        _meter.Dispose();
    }

    private void Flush()
    {
        lock (_gate)
        {
            foreach (var track in _tracks.Values)
            {
                if (track.Count == 0) continue;
                var tag = new KeyValuePair<string, object?>("track", track.Name.Kind);
                _busy.Add(track.Busy * 1e-9, tag);
                if (track.Bytes > 0) _moved.Add(track.Bytes, tag);
                if (_parent != default) Tell(track);
                track.Clear();
            }
        }
    }

    private void Tell(Track track)
    {
        var span = Spans.Start(Source, track.Name.Kind, _parent, began: At(track.Begin));
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("distzo.busy", track.Busy * 1e-9).SetTag("distzo.blocks", track.Count);
            if (track.Bytes > 0) span.SetTag("distzo.bytes", track.Bytes);
            if (track.Name.Slot is { } slot) span.SetTag("distzo.slot", slot);
        }

        Spans.Stop(span, At(track.End));
    }

    private static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UtcNow - TimeSpan.FromMicroseconds((TraceClock.Now - nanoseconds) / 1000.0);

    private sealed class Track(TrackName name)
    {
        public TrackName Name { get; } = name;

        public long Begin { get; private set; }

        public long End { get; private set; }

        public long Busy { get; private set; }

        public long Bytes { get; private set; }

        public int Count { get; private set; }

        public void Add(in TraceSpan span)
        {
            (Begin, End) = Count++ == 0 ? (span.Begin, span.End) : (Math.Min(Begin, span.Begin), Math.Max(End, span.End));
            (Busy, Bytes) = (Busy + span.End - span.Begin, Bytes + span.Bytes);
        }

        public void Clear() => (Begin, End, Busy, Bytes, Count) = (0, 0, 0, 0, 0);
    }
}
