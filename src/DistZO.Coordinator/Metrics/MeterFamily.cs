using System.Diagnostics.Metrics;

namespace DistZO.Coordinator;

/// <summary>What an instrument has said so far, by its labels. Safe from any thread.</summary>
internal sealed class MeterFamily
{
    private readonly Lock _gate = new();
    private readonly Instrument _instrument;
    private readonly string _name;
    private readonly bool _isCounter;
    private readonly double[]? _bounds;
    private readonly Dictionary<string, double> _values = [];
    private readonly Dictionary<string, Distribution> _distributions = [];

    public MeterFamily(Instrument instrument)
    {
        (_instrument, _isCounter) = (instrument, PrometheusName.IsCounter(instrument));
        _name = PrometheusName.Of(instrument.Name, instrument.Unit, _isCounter);
        if (PrometheusName.IsHistogram(instrument)) _bounds = [.. ((Instrument<double>)instrument).Advice!.HistogramBucketBoundaries!];
    }

    /// <summary>Before the instrument is read: what is not said again is over.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            if (_instrument.IsObservable) _values.Clear();
        }
    }

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.Labels(tags);
        lock (_gate) Add(labels, value);
    }

    public void Write(PrometheusText text)
    {
        lock (_gate) Append(text);
    }

    private void Add(string labels, double value)
    {
        if (_bounds is null)
        {
            _values[labels] = _isCounter && !_instrument.IsObservable ? _values.GetValueOrDefault(labels) + value : value;
            return;
        }

        if (!_distributions.TryGetValue(labels, out var distribution))
            _distributions[labels] = distribution = new Distribution(new long[_bounds.Length + 1]);
        // A bucket holds what is at most its bound.
        var at = Array.BinarySearch(_bounds, value);
        distribution.Counts[at < 0 ? ~at : at]++;
        distribution.Sum += value;
    }

    private void Append(PrometheusText text)
    {
        if (_values.Count + _distributions.Count == 0) return;
        text.Family(_name, _instrument.Description ?? "", _bounds is not null ? "histogram" : _isCounter ? "counter" : "gauge");
        foreach (var (labels, value) in _values) text.Sample(_name, labels, value);
        foreach (var (labels, distribution) in _distributions)
        {
            var comma = labels.Length > 0 ? "," : "";
            long below = 0;
            for (var i = 0; i <= _bounds!.Length; i++)
            {
                below += distribution.Counts[i];
                var bound = PrometheusText.Number(i < _bounds.Length ? _bounds[i] : double.PositiveInfinity);
                text.Sample(_name + "_bucket", $"{labels}{comma}le=\"{bound}\"", below);
            }

            text.Sample(_name + "_sum", labels, distribution.Sum);
            text.Sample(_name + "_count", labels, below);
        }
    }

    private sealed class Distribution(long[] counts)
    {
        public long[] Counts { get; } = counts;

        public double Sum { get; set; }
    }
}
