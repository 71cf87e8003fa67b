using System.Reflection;
using DistZO.Coordinator;
using DistZO.Runs;
using DistZO.Worker;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DistZO.Cli.Telemetry;

/// <summary>Spans and metrics to an OTLP endpoint, as OpenTelemetry's standard variables say.</summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>What is left at the end has so long to go out.</summary>
    private const int LastWordsMilliseconds = 5000;

    private static readonly string Version =
        typeof(TelemetryExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private readonly ExportWatch _watch;
    private readonly TracerProvider? _tracer;
    private readonly MeterProvider? _meter;

    private TelemetryExport(
        bool hasTraces, bool hasMetrics, string service, string? worker, Action<NoticeLevel, string, string> notice, Action<OtlpExporterOptions>? change = null)
    {
        _watch = new ExportWatch((isBack, line) => notice(isBack ? NoticeLevel.Information : NoticeLevel.Warning, "telemetry", line));
        // Variables come last: they have the last word.
        var resource = ResourceBuilder.CreateEmpty().AddService(service, serviceVersion: Version).AddTelemetrySdk()
            .AddAttributes(worker is null ? [] : [new("distzo.worker.name", worker)]).AddEnvironmentVariableDetector();
        string[] names = [RunMeter.Name, ShareSpans.Name];
        if (hasTraces) _tracer = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(names).AddOtlpExporter(Send).Build();
        if (hasMetrics) _meter = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(names).AddOtlpExporter(Send).Build();

        void Send(OtlpExporterOptions options)
        {
            change?.Invoke(options);
            // A client for each of the two: an exporter that shuts down cancels all requests of its own.
            options.HttpClientFactory =
                () => new HttpClient(_watch, disposeHandler: false) { Timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds) };
        }
    }

    /// <summary>Begins to export; null if nothing is to be exported, which costs nothing.</summary>
    /// <param name="service">What the process is called if no variable says so.</param>
    /// <param name="worker">The worker's name; null for others.</param>
    /// <param name="notice">Receives lines for people; from any thread.</param>
    /// <exception cref="DistZO.Devices.BadInputException">A variable is wrong.</exception>
    public static TelemetryExport? Start(string service, string? worker, Action<NoticeLevel, string, string> notice)
    {
        var variables = new TelemetryVariables(Environment.GetEnvironmentVariable);
        return variables.Traces || variables.Metrics ? new TelemetryExport(variables.Traces, variables.Metrics, service, worker, notice) : null;
    }

    /// <summary>Exports both to an endpoint, whatever the variables say, and spans ten times as often as is usual: for measuring what that costs.</summary>
    /// <param name="endpoint">Takes OTLP over HTTP.</param>
    public static TelemetryExport To(Uri endpoint) => new(true, true, "distzo-bench", null, (_, _, _) => { }, options =>
    {
        options.Protocol = OtlpExportProtocol.HttpProtobuf;
        options.Endpoint = endpoint;
        options.BatchExportProcessorOptions.ScheduledDelayMilliseconds = 500;
    });

    /// <summary>Exports what is left; where nobody takes it, nobody waits.</summary>
    public void Dispose()
    {
        var patience = _watch.IsAway ? 0 : LastWordsMilliseconds;
        Task.WaitAll(Task.Run(() => _tracer?.Shutdown(patience)), Task.Run(() => _meter?.Shutdown(patience)));
        _tracer?.Dispose();
        _meter?.Dispose();
        _watch.Dispose();
    }
}
