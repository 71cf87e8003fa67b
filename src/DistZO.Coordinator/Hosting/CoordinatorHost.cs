using System.Net;
using System.Net.Security;
using DistZO.Devices;
using DistZO.Rpc;
using DistZO.Rpc.Health;
using DistZO.Rpc.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace DistZO.Coordinator;

/// <summary>A coordinator on the network: gRPC for workers on one port, REST and the dashboard on another.</summary>
public sealed class CoordinatorHost : IAsyncDisposable
{
    /// <summary>Identities of very large models take some megabytes; everything else is tens of bytes.</summary>
    private const int LargestMessage = 8 << 20;

    private readonly WebApplication _app;

    private CoordinatorHost(WebApplication app, IPEndPoint listen, IPEndPoint? http) => (_app, Listen, Http) = (app, listen, http);

    /// <summary>Where workers connect.</summary>
    public IPEndPoint Listen { get; }

    /// <summary>Where the dashboard is; null if there is none.</summary>
    public IPEndPoint? Http { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="loop">The run; the caller owns it.</param>
    /// <param name="options">Where, and for whom.</param>
    /// <exception cref="BadInputException">A port cannot be listened on.</exception>
    public static async Task<CoordinatorHost> Start(CoordinatorLoop loop, HostOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddSingleton(loop);
        builder.Services.AddSingleton(new WorkerSessions(loop));
        builder.Services.AddSingleton<HealthService>();
        builder.Services.AddRunEndpoints();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = LargestMessage);
        IPEndPoint listen = options.Listen, http = options.Http ?? options.Listen;
        // No handler blocks or computes, so each runs where its message came in, without waking another thread.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        var certificates = options.ClientAuthorities is { } authorities ? new ClientCertificates(authorities) : null;
        var gate = new ConnectionGate(options.MaxConnectionsPerAddress);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            // Connections are for those who call: one that says nothing makes room soon.
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            // What strangers may have in memory before they are refused: a connection's window, each.
            kestrel.Limits.Http2.InitialConnectionWindowSize = 256 << 10;
            kestrel.Limits.Http2.InitialStreamWindowSize = 128 << 10;
            kestrel.Listen(options.Listen, on => Configure(on, HttpProtocols.Http2, options, gate, certificates, isForWorkers: true));
            if (options.Http is { } pages)
                kestrel.Listen(pages, on => Configure(on, HttpProtocols.Http1AndHttp2, options, gate, certificates: null, isForWorkers: false));
        });
        var app = builder.Build();
        var admission = new Admission(options.Token is { } token ? new SharedToken(token) : null, certificates, options.Time);
        app.Use(admission.Invoke);
        app.MapGrpcService<WorkerSessions>();
        app.MapGrpcService<HealthService>();
        if (options.Http is not null) app.MapRunEndpoints(loop, new RunEndpointOptions { Token = options.Token, AnyHost = options.IsOpen, Meter = options.Meter });
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or AddressInUseException or System.Net.Sockets.SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new BadInputException($"cannot listen on {options.Listen}{(options.Http is null ? "" : $" and {options.Http}")}: {e.Message}", e);
        }

        var addresses = app.Urls.Select(url => new Uri(url)).ToList();
        if (listen.Port == 0) listen = new IPEndPoint(listen.Address, addresses[0].Port);
        if (http.Port == 0 && options.Http is not null) http = new IPEndPoint(http.Address, addresses[1].Port);
        app.Services.GetRequiredService<HealthService>().SetStatus(CoordinatorService.Descriptor.FullName, ServingStatus.Serving);
        return new CoordinatorHost(app, listen, options.Http is null ? null : http);
    }

    /// <summary>Stops listening and ends what is in flight.</summary>
    public async ValueTask DisposeAsync()
    {
        _app.Services.GetRequiredService<HealthService>().ShutDown();
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static void Configure(ListenOptions listen, HttpProtocols protocols, HostOptions options, ConnectionGate gate, ClientCertificates? certificates, bool isForWorkers)
    {
        listen.Protocols = protocols;
        listen.Use(next => connection => gate.Serve(connection, next, isForWorkers));
        if (options.Certificate is not { } certificate) return;
        listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ServerCertificateChain = options.Intermediates;
            https.HandshakeTimeout = TimeSpan.FromSeconds(10);
            if (certificates is null) return;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.ClientCertificateValidation = (client, sent, _) => certificates.Judge(client, sent);
        });
    }
}
