using System.Globalization;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>A span as it was exported.</summary>
/// <param name="Resource">Attributes of the process.</param>
/// <param name="Scope">The instrumentation's name.</param>
/// <param name="Name">Its name.</param>
/// <param name="Trace">Hexadecimal.</param>
/// <param name="Id">Hexadecimal.</param>
/// <param name="Parent">Hexadecimal; empty for none.</param>
/// <param name="Begin">Nanoseconds since 1970.</param>
/// <param name="End">Nanoseconds since 1970.</param>
/// <param name="Tags">Its attributes.</param>
internal sealed record ExportedSpan(
    IReadOnlyDictionary<string, string> Resource, string Scope, string Name, string Trace, string Id, string Parent, ulong Begin, ulong End, IReadOnlyDictionary<string, string> Tags);

/// <summary>A metric as it was exported, with the labels of its points.</summary>
internal sealed record ExportedMetric(
    IReadOnlyDictionary<string, string> Resource, string Scope, string Name, string Unit, string Kind, IReadOnlyList<IReadOnlyDictionary<string, string>> Points);

/// <summary>Reads OTLP requests. The numbers are those of opentelemetry/proto/{trace,metrics,common,resource}/v1.</summary>
internal static class OtlpData
{
    public static IEnumerable<ExportedSpan> Spans(ProtoMessage request) =>
        from process in request.Messages(1)
        let resource = Attributes(process.Message(1), 1)
        from scope in process.Messages(2)
        from span in scope.Messages(2)
        select new ExportedSpan(
            resource, scope.Message(1).Text(1), span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), span.Number(7), span.Number(8), Attributes(span, 9));

    public static IEnumerable<ExportedMetric> Metrics(ProtoMessage request) =>
        from process in request.Messages(1)
        let resource = Attributes(process.Message(1), 1)
        from scope in process.Messages(2)
        from metric in scope.Messages(2)
        let kind = metric.Has(5) ? 5 : metric.Has(7) ? 7 : 9
        let data = metric.Message(kind)
        select new ExportedMetric(
            resource,
            scope.Message(1).Text(1),
            metric.Text(1),
            metric.Text(3),
            kind == 5 ? "gauge" : kind == 9 ? "histogram" : data.Number(3) == 1 ? "counter" : "sum",
            [.. data.Messages(1).Select(point => Attributes(point, kind == 9 ? 9 : 7))]);

    private static Dictionary<string, string> Attributes(ProtoMessage message, int field) =>
        message.Messages(field).ToDictionary(pair => pair.Text(1), pair => Value(pair.Message(2)));

    private static string Value(ProtoMessage any) => any switch
    {
        _ when any.Has(1) => any.Text(1),
        _ when any.Has(2) => any.Number(2) == 1 ? "true" : "false",
        _ when any.Has(3) => ((long)any.Number(3)).ToString(CultureInfo.InvariantCulture),
        _ => BitConverter.UInt64BitsToDouble(any.Number(4)).ToString("R", CultureInfo.InvariantCulture),
    };
}
