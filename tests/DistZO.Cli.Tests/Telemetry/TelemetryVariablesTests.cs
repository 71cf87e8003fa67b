using DistZO.Cli.Telemetry;
using DistZO.Devices;

namespace DistZO.Cli.Tests.Telemetry;

public class TelemetryVariablesTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "yes", "'yes' is none of true, false")]
    [InlineData(Endpoint, "localhost:4317", "is no address; give one such as http://localhost:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://a", "is no address")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "a b", "is no address")]
    [InlineData("OTEL_TRACES_EXPORTER", "jaeger", "'jaeger' is none of otlp, none")]
    [InlineData("OTEL_METRICS_EXPORTER", "prometheus", "'prometheus' is none of otlp, none")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "'http/json' is none of grpc, http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "udp", "'udp' is none of grpc, http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "udp", "'udp' is none of grpc, http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "token", "not of the form key=value,key=value")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "a=b,=c", "not of the form key=value,key=value")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "'10s' is no whole number")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "-1", "'-1' is no whole number")]
    [InlineData("OTEL_METRIC_EXPORT_TIMEOUT", "1.5", "'1.5' is no whole number")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "soon", "'soon' is no whole number")]
    [InlineData("OTEL_BSP_EXPORT_TIMEOUT", "soon", "'soon' is no whole number")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "0", "'0' is no whole number from 1 on")]
    [InlineData("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1e3", "'1e3' is no whole number")]
    [InlineData("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3000", "the queue holds 2048 (OTEL_BSP_MAX_QUEUE_SIZE)")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem", "is not supported; name the authority in SSL_CERT_FILE")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "c.pem", "is not supported")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_KEY", "c.key", "is not supported")]
    public void Variable_ThatIsWrong_IsNamed(string name, string value, string problem)
    {
        var refusal = Assert.Throws<BadInputException>(() => Read((Endpoint, "http://localhost:4317"), (name, value)));
        Assert.StartsWith(name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, false, Endpoint, "")]
    [InlineData(true, true, Endpoint, "http://collector:4317")]
    [InlineData(true, false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4318/v1/traces")]
    [InlineData(false, true, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://collector/v1/metrics")]
    [InlineData(false, true, Endpoint, "http://collector:4317", "OTEL_TRACES_EXPORTER", "none")]
    [InlineData(false, false, Endpoint, "http://collector:4317", "OTEL_SDK_DISABLED", "TRUE")]
    [InlineData(false, false, Endpoint, "", "OTEL_TRACES_EXPORTER", "otlp")]
    public void Signals_ThatAreExported_AreThoseWithAnEndpoint(bool traces, bool metrics, params string[] variables)
    {
        var read = Read([.. variables.Chunk(2).Select(pair => (pair[0], pair[1]))]);
        Assert.Equal((traces, metrics), (read.Traces, read.Metrics));
    }

    private static TelemetryVariables Read(params (string Name, string Value)[] variables) =>
        new(name => variables.LastOrDefault(variable => variable.Name == name).Value);
}
