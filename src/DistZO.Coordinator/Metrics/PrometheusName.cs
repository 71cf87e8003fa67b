using System.Diagnostics.Metrics;

namespace DistZO.Coordinator;

/// <summary>An instrument's name in Prometheus, as OpenTelemetry's rules for the two make it: units are part of it, annotations are not.</summary>
internal static class PrometheusName
{
    /// <param name="name">Dotted.</param>
    /// <param name="unit">UCUM; null for none.</param>
    /// <param name="isCounter">Whether it only grows.</param>
    public static string Of(string name, string? unit, bool isCounter)
    {
        var text = name.Replace('.', '_');
        if (Suffix(unit) is { Length: > 0 } suffix) text += "_" + suffix;
        return isCounter ? text + "_total" : text;
    }

    public static bool IsCounter(Instrument instrument) =>
        instrument.GetType().GetGenericTypeDefinition() is var kind && (kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>));

    public static bool IsHistogram(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() == typeof(Histogram<>);

    private static string Suffix(string? unit) => unit switch
    {
        null => "",
        "s" => "seconds",
        "By" => "bytes",
        ['{', .., '}'] => "",
        ['{', .., '}', '/', 's'] => "per_second",
        _ => throw new ArgumentException($"no name for the unit '{unit}'", nameof(unit)),
    };
}
