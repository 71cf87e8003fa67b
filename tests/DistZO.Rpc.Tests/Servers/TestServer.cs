using System.Net;
using DistZO.Rpc.Tests.Protos;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistZO.Rpc.Tests.Servers;

/// <summary>
/// A Kestrel on a port of loopback with the scripted service, and a channel to it. Disposing it fails the test if an error was
/// logged that the test did not take.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, ScriptedService service, ErrorLog errors)
    {
        (_app, Service, Errors) = (app, service, errors);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Channel = GrpcChannel.ForAddress(Address);
        Client = new EchoService.EchoServiceClient(Channel);
    }

    public Uri Address { get; }

    public ScriptedService Service { get; }

    public ErrorLog Errors { get; }

    public GrpcChannel Channel { get; }

    public EchoService.EchoServiceClient Client { get; }

    public static async Task<TestServer> StartAsync(
        Action<GrpcServiceOptions>? grpc = null,
        Action<KestrelServerOptions>? kestrel = null,
        Action<ListenOptions>? listen = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null)
    {
        var service = new ScriptedService();
        var errors = new ErrorLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.UseKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http2;
                listen?.Invoke(endpoint);
            });
            kestrel?.Invoke(options);
        });
        builder.Services.AddSingleton(service);
        builder.Services.AddGrpc(options => grpc?.Invoke(options));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        map?.Invoke(app);
        app.MapGrpcService<ScriptedService>();
        await app.StartAsync().InTime();
        return new TestServer(app, service, errors);
    }

    public EchoService.EchoServiceClient ClientOf(GrpcChannelOptions options) => new(GrpcChannel.ForAddress(Address, options));

    /// <summary>Stops at once, as a killed process would: connections are cut.</summary>
    public Task StopAsync() => _app.StopAsync(new CancellationToken(canceled: true)).InTime();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true)).InTime();
        await _app.DisposeAsync();
        Assert.Empty(Errors.Take());
    }
}
