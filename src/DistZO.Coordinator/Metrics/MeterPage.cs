using System.Diagnostics.Metrics;

namespace DistZO.Coordinator;

/// <summary>Listens to all instruments of one meter, and writes what they say for Prometheus. Safe from any thread.</summary>
internal sealed class MeterPage : IDisposable
{
    private readonly Lock _writing = new();
    private readonly List<MeterFamily> _families = [];
    private readonly MeterListener _listener = new();

    public MeterPage(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // By reference: other runs of this process have meters of the same name.
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            var family = new MeterFamily(instrument);
            _families.Add(family);
            listener.EnableMeasurementEvents(instrument, family);
        };
        // Whoever counts something must never wait for a page that waits for a picture: each family has a lock of its own.
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MeterFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MeterFamily)family!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>All metrics now.</summary>
    public string Write()
    {
        var text = new PrometheusText();
        lock (_writing)
        {
            foreach (var family in _families) family.Reset();
            _listener.RecordObservableInstruments();
            foreach (var family in _families) family.Write(text);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
