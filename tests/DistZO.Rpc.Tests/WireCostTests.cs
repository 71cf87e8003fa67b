using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistZO.Rpc.Tests;

/// <summary>What a message costs on the wire beside its own bytes.</summary>
public class WireCostTests
{
    [Fact]
    public async Task Duplex_OneMessageEachWay_CostsItsPrefixAndOneFrameHeader()
    {
        const int Rounds = 2000;
        const int Overhead = 9 + 5; // a DATA frame's header, a message's prefix
        const int PingsAndWindowUpdates = 3; // bytes a message: a WINDOW_UPDATE each 32 KiB, and pings that measure the round trip
        await using var server = await TestServer.StartAsync();
        var wire = new CountingStream();
        var handler = RpcHandler.Create();
        handler.PlaintextStreamFilter = (context, _) =>
        {
            wire.Inner = context.PlaintextStream;
            return ValueTask.FromResult<Stream>(wire);
        };
        using var call = server.ClientOf(new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }).Duplex();
        var message = new EchoMessage { Data = ByteString.CopyFrom(new byte[70]) };
        for (int round = 0; round < 10; round++) await TripAsync(); // the connection's own words are said by then
        var (sent, received) = (wire.Sent, wire.Received);
        for (int round = 0; round < Rounds; round++) await TripAsync();

        int expected = message.CalculateSize() + Overhead;
        Assert.InRange((wire.Sent - sent) / (double)Rounds, expected, expected + PingsAndWindowUpdates);
        Assert.InRange((wire.Received - received) / (double)Rounds, expected, expected + PingsAndWindowUpdates);

        async Task TripAsync()
        {
            await call.RequestStream.WriteAsync(message).InTime();
            Assert.True(await call.ResponseStream.MoveNext().InTime());
        }
    }

    [Fact]
    public async Task Unary_Call_SendsNoHeaderButThoseOfGrpc()
    {
        await using var server = await TestServer.StartAsync();
        string[] names = [];
        server.Service.OnUnary = (request, context) =>
        {
            names = [.. context.GetHttpContext().Request.Headers.Keys.Select(name => name.ToLowerInvariant()).Order()];
            return Task.FromResult(request);
        };
        using var activity = new System.Diagnostics.Activity("traced").Start();
        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime();
        Assert.Equal(["content-type", "grpc-accept-encoding", "host", "te", "user-agent"], names);
    }
}
