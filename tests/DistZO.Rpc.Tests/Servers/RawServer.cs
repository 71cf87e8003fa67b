using System.Net;
using DistZO.Rpc.Tests.Protos;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistZO.Rpc.Tests.Servers;

/// <summary>An HTTP/2 server that knows nothing of gRPC and answers what a test says: what bad servers do to our client.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RawServer(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Channel = GrpcChannel.ForAddress(addresses.Single());
        Client = new EchoService.EchoServiceClient(Channel);
    }

    public GrpcChannel Channel { get; }

    public EchoService.EchoServiceClient Client { get; }

    public static async Task<RawServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(options =>
            options.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync().InTime();
        return new RawServer(app);
    }

    /// <summary>Answers with a body as given, in as many pieces, and status OK.</summary>
    public static RequestDelegate Body(params byte[][] pieces) => async context =>
    {
        context.Response.ContentType = "application/grpc";
        foreach (byte[] piece in pieces) await context.Response.Body.WriteAsync(piece);
        context.Response.AppendTrailer("grpc-status", "0");
    };

    public Task StopAsync() => _app.StopAsync(new CancellationToken(canceled: true)).InTime();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await StopAsync();
        await _app.DisposeAsync();
    }
}
