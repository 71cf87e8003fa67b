using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DistZO.Rpc.Tests;

/// <summary>Connections that break, that can't be had, that are many, that are encrypted.</summary>
public class ConnectionTests
{
    [Fact]
    public async Task Client_ServerDiesWithinAStream_IsUnavailable()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.Duplex();
        await call.RequestStream.WriteAsync(new EchoMessage()).InTime();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        var pending = call.ResponseStream.MoveNext();
        await server.StopAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => pending.InTime())).StatusCode);
        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoMessage()).InTime());
        Assert.Equal(StatusCode.Unavailable, write.StatusCode);
    }

    [Fact]
    public async Task Client_ConnectionIsCutWithinAStream_IsUnavailableAndTheNextCallConnectsAgain()
    {
        await using var server = await TestServer.StartAsync();
        var echo = server.Service.OnDuplex;
        server.Service.OnDuplex = async (_, responses, context) =>
        {
            await responses.WriteAsync(new EchoMessage());
            context.GetHttpContext().Features.Get<IConnectionLifetimeFeature>()!.Abort();
        };
        using var cut = server.Client.Duplex();
        var problem = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await cut.ResponseStream.MoveNext().InTime())
            {
            }
        });
        Assert.Equal(StatusCode.Unavailable, problem.StatusCode);
        server.Service.OnDuplex = echo;
        using var next = server.Client.Duplex();
        await next.RequestStream.WriteAsync(new EchoMessage()).InTime();
        Assert.True(await next.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task Client_NobodyListens_IsUnavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        using var channel = GrpcChannel.ForAddress(address);
        var client = new EchoService.EchoServiceClient(channel);
        var problem = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
        Assert.Equal(StatusCode.Unavailable, problem.StatusCode);
        using var stream = client.Duplex();
        problem = await Assert.ThrowsAsync<RpcException>(() => stream.RequestStream.WriteAsync(new EchoMessage()).InTime());
        Assert.Equal(StatusCode.Unavailable, problem.StatusCode);
    }

    [Fact]
    public async Task Client_PeerSpeaksNoHttp2_IsAFailure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");
        using var call = new EchoService.EchoServiceClient(channel).UnaryAsync(new EchoMessage());
        using (var peer = await listener.AcceptSocketAsync().InTime())
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()).InTime();
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.InTime());
    }

    /// <summary>How long the answer to a ping may take: a busy machine must not be taken for a silent one before the silence begins.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Client_PeerFallsSilent_KeepAlivePingsFindOut()
    {
        await using var server = await TestServer.StartAsync();
        using var proxy = new SilentProxy(server.Address);
        var handler = RpcHandler.Create(keepAlivePingDelay: TimeSpan.FromSeconds(1), keepAlivePingTimeout: Answer);
        using var channel = GrpcChannel.ForAddress(proxy.Address, new() { HttpHandler = handler, DisposeHttpClient = true });
        using var call = new EchoService.EchoServiceClient(channel).Duplex();
        await call.RequestStream.WriteAsync(new EchoMessage()).InTime();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        proxy.FallSilent();
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().InTime());
        Assert.Equal(StatusCode.Unavailable, problem.StatusCode);
    }

    [Fact]
    public async Task Server_ClientFallsSilent_KeepAlivePingsFindOut()
    {
        await using var server = await TestServer.StartAsync(kestrel: options =>
        {
            options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
            options.Limits.Http2.KeepAlivePingTimeout = Answer;
        });
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Service.OnDuplex = async (requests, responses, context) =>
        {
            context.CancellationToken.Register(gone.SetResult);
            await responses.WriteAsync(new EchoMessage());
            await requests.MoveNext();
        };
        using var proxy = new SilentProxy(server.Address);
        using var channel = GrpcChannel.ForAddress(proxy.Address);
        using var call = new EchoService.EchoServiceClient(channel).Duplex();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        proxy.FallSilent();
        await gone.Task.InTime();
    }

    [Fact]
    public async Task Channel_MoreStreamsThanAConnectionTakes_AllGoOn()
    {
        const int Streams = 250; // a connection takes 100
        await using var server = await TestServer.StartAsync();
        var calls = Enumerable.Range(0, Streams).Select(_ => server.Client.Duplex()).ToList();
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(calls.Select((call, number) => call.RequestStream.WriteAsync(new EchoMessage { Number = number }))).InTime();
            for (int number = 0; number < Streams; number++)
            {
                Assert.True(await calls[number].ResponseStream.MoveNext().InTime());
                Assert.Equal(number, calls[number].ResponseStream.Current.Number);
            }
        }
        await Task.WhenAll(calls.Select(call => call.RequestStream.CompleteAsync())).InTime();
        foreach (var call in calls) Assert.False(await call.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task Channel_Disposed_MakesNoCalls()
    {
        await using var server = await TestServer.StartAsync();
        await server.Channel.ShutdownAsync().InTime();
        Assert.Throws<ObjectDisposedException>(() => server.Client.UnaryAsync(new EchoMessage()));
        server.Channel.Dispose();
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("localhost:5000")]
    public void Channel_OfAnotherScheme_IsRefused(string address) =>
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(address));

    [Fact]
    public async Task Tls_WithOwnAuthorityAndClientCertificate_LetsOnlyItsBearersIn()
    {
        using var authority = Certificate("CN=test authority", issuer: null);
        using var serverCertificate = Certificate("CN=localhost", authority);
        using var clientCertificate = Certificate("CN=worker 7", authority);
        await using var server = await TestServer.StartAsync(listen: endpoint => endpoint.UseHttps(https =>
        {
            https.ServerCertificate = serverCertificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => IsIssuedBy(authority, certificate);
        }));
        server.Service.OnUnary = (_, context) =>
            Task.FromResult(new EchoMessage { Text = context.GetHttpContext().Connection.ClientCertificate!.Subject });

        using var channel = Channel(clientCertificate);
        var answer = await new EchoService.EchoServiceClient(channel).UnaryAsync(new EchoMessage()).ResponseAsync.InTime();
        Assert.Equal("CN=worker 7", answer.Text);

        using var stranger = Channel(null);
        var problem = await Assert.ThrowsAsync<RpcException>(
            () => new EchoService.EchoServiceClient(stranger).UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
        Assert.Equal(StatusCode.Unavailable, problem.StatusCode);

        GrpcChannel Channel(X509Certificate2? own)
        {
            var handler = RpcHandler.Create();
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificates = own is null ? null : [own],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => IsIssuedBy(authority, (X509Certificate2)certificate!),
            };
            return GrpcChannel.ForAddress(
                $"https://127.0.0.1:{server.Address.Port}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        }
    }

    private static bool IsIssuedBy(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private static X509Certificate2 Certificate(string subject, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, true));
        var (from, to) = (new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        if (issuer is null) return request.CreateSelfSigned(from, to);
        using var signed = request.Create(issuer, from, to, Guid.NewGuid().ToByteArray());
        return signed.CopyWithPrivateKey(key);
    }
}
