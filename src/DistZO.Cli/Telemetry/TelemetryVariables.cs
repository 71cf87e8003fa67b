using System.Globalization;
using DistZO.Devices;

namespace DistZO.Cli.Telemetry;

/// <summary>
/// OpenTelemetry's standard variables, looked through before its SDK reads them: it takes its defaults for what it cannot read.
/// </summary>
internal sealed class TelemetryVariables
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string QueueSize = "OTEL_BSP_MAX_QUEUE_SIZE";
    private const string BatchSize = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";

    private static readonly string[] Numbers =
        ["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", QueueSize, BatchSize];

    private static readonly string[] Certificates =
        ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];

    private readonly Func<string, string?> _read;

    /// <param name="variable">Reads a variable.</param>
    /// <exception cref="BadInputException">One of them is wrong; the message names it.</exception>
    public TelemetryVariables(Func<string, string?> variable)
    {
        _read = name => variable(name) is { Length: > 0 } value ? value : null;
        if (OneOf("OTEL_SDK_DISABLED", "true", "false") == "true") return;
        Traces = IsOn("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        Metrics = IsOn("OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        foreach (var name in new[] { "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL" })
            OneOf(name, "grpc", "http/protobuf");
        foreach (var name in new[] { "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_RESOURCE_ATTRIBUTES" }) RequirePairs(name);
        foreach (var name in Numbers) RequireNumber(name);
        // The SDK's own defaults.
        var (queue, batch) = (Number(QueueSize) ?? 2048, Number(BatchSize) ?? 512);
        if (batch > queue) throw new BadInputException($"{BatchSize}: a batch of {batch} spans does not fit, the queue holds {queue} ({QueueSize})");
        if ((Traces || Metrics) && Array.Find(Certificates, name => _read(name) is not null) is { } certificate)
            throw new BadInputException($"{certificate} is not supported; name the authority in SSL_CERT_FILE, which the runtime reads");
    }

    /// <summary>Whether spans are exported.</summary>
    public bool Traces { get; }

    /// <summary>Whether metrics are.</summary>
    public bool Metrics { get; }

    private bool IsOn(string exporter, string endpoint)
    {
        foreach (var name in new[] { Endpoint, endpoint }) RequireAddress(name);
        return OneOf(exporter, "otlp", "none") != "none" && (_read(Endpoint) ?? _read(endpoint)) is not null;
    }

    private void RequireAddress(string name)
    {
        if (_read(name) is not { } text) return;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
            throw new BadInputException($"{name}: '{text}' is no address; give one such as http://localhost:4317");
    }

    private void RequireNumber(string name)
    {
        if (_read(name) is { } text && Number(name) is null) throw new BadInputException($"{name}: '{text}' is no whole number from 1 on");
    }

    private int? Number(string name) => int.TryParse(_read(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private void RequirePairs(string name)
    {
        if (_read(name) is { } text && text.Split(',').Any(pair => pair.Trim().IndexOf('=') < 1))
            throw new BadInputException($"{name}: what stands there is not of the form key=value,key=value");
    }

    private string? OneOf(string name, params string[] words)
    {
        if (_read(name) is not { } text) return null;
        return Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? throw new BadInputException($"{name}: '{text}' is none of {string.Join(", ", words)}");
    }
}
