using DistZO.Devices;

namespace DistZO.Models;

/// <summary>How fast the streams are: counts what they move while they are busy, and passes their spans on.</summary>
/// <param name="next">Gets the spans too; may be null.</param>
internal sealed class TransferMeter(ITraceSink? next) : ITraceSink
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Bytes, long Busy)> _tracks = [];
    private long _end;
    private long _bytes;
    private long _busy;

    public void Add(in TraceSpan span)
    {
        lock (_gate)
        {
            var (bytes, busy) = _tracks.GetValueOrDefault(span.Track);
            _tracks[span.Track] = (bytes + span.Bytes, busy + span.End - span.Begin);
            // Time in which several are busy counts once.
            _busy += Math.Max(0, span.End - Math.Max(span.Begin, _end));
            (_end, _bytes) = (Math.Max(_end, span.End), _bytes + span.Bytes);
        }

        next?.Add(span);
    }

    /// <summary>Seconds that a stream takes a byte; null before it has moved any.</summary>
    public double? SecondsPerByte(string track)
    {
        lock (_gate) return _tracks.TryGetValue(track, out var moved) && moved.Bytes > 0 ? moved.Busy * 1e-9 / moved.Bytes : null;
    }

    /// <summary>Seconds that all streams together take a byte, where they share what they run over.</summary>
    public double? SharedSecondsPerByte
    {
        get
        {
            lock (_gate) return _bytes > 0 ? _busy * 1e-9 / _bytes : null;
        }
    }
}
