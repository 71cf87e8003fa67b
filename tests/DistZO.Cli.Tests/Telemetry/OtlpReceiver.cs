using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>An OTLP endpoint on the loopback, of one protocol, that keeps what comes in.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, ByteString Body)> _requests = [];

    private OtlpReceiver(WebApplication app, bool isGrpc, int refusal)
    {
        _app = app;
        Protocol = isGrpc ? "grpc" : "http/protobuf";
        app.MapPost("/{**path}", context => isGrpc ? Grpc(context, refusal) : Http(context, refusal));
    }

    /// <summary>As OTEL_EXPORTER_OTLP_PROTOCOL names it.</summary>
    public string Protocol { get; }

    public string Address => _app.Urls.Single();

    /// <summary>What variables make a process export to it, often.</summary>
    public Dictionary<string, string> Variables => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = Protocol,
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
    };

    public IReadOnlyList<ExportedSpan> Spans => [.. Of("trace").SelectMany(OtlpData.Spans)];

    public IReadOnlyList<ExportedMetric> Metrics => [.. Of("metrics").SelectMany(OtlpData.Metrics)];

    /// <summary>Begins to listen.</summary>
    /// <param name="isGrpc">gRPC, or HTTP with protobuf.</param>
    /// <param name="refusal">The gRPC or HTTP status of every answer; 0 for success.</param>
    public static async Task<OtlpReceiver> Start(bool isGrpc, int refusal = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, on => on.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build(), isGrpc, refusal);
        await receiver._app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private IEnumerable<ProtoMessage> Of(string signal) =>
        _requests.Where(request => request.Path.Contains(signal, StringComparison.Ordinal)).Select(request => new ProtoMessage(request.Body));

    private async Task Http(HttpContext context, int refusal)
    {
        var body = await ByteString.FromStreamAsync(context.Request.Body);
        context.Response.StatusCode = refusal == 0 ? StatusCodes.Status200OK : refusal;
        if (refusal == 0) _requests.Enqueue((context.Request.Path, body));
    }

    private async Task Grpc(HttpContext context, int refusal)
    {
        var body = await ByteString.FromStreamAsync(context.Request.Body);
        // A frame: one byte for no compression, four for the length.
        if (refusal == 0) _requests.Enqueue((context.Request.Path, ByteString.CopyFrom(body.Span[5..])));
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", refusal.ToString(CultureInfo.InvariantCulture));
    }
}
