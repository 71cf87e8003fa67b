using System.Diagnostics.Metrics;

namespace DistZO.Coordinator;

/// <summary>Instruments that are read when somebody asks, in one type of number.</summary>
internal static class Readings
{
    public static void Gauge(Meter meter, string name, string? unit, string help, Func<IEnumerable<Measurement<double>>> read) =>
        meter.CreateObservableGauge(name, read, unit, help);

    public static void Counter(Meter meter, string name, string unit, string help, Func<IEnumerable<Measurement<double>>> read) =>
        meter.CreateObservableCounter(name, read, unit, help);

    public static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
