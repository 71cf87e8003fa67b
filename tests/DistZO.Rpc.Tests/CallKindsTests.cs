using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;

namespace DistZO.Rpc.Tests;

/// <summary>Calls of each kind, between our client and our server.</summary>
public class CallKindsTests
{
    [Fact]
    public async Task Unary_Request_IsAnswered()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.UnaryAsync(new EchoMessage { Text = "hello", Number = 7 });
        Assert.Equal(new EchoMessage { Text = "hello", Number = 7 }, await call.ResponseAsync.InTime());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_Blocking_IsAnswered()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("hello", (await Task.Run(() => server.Client.Unary(new EchoMessage { Text = "hello" })).InTime()).Text);
    }

    [Fact]
    public async Task ClientStream_ThreeRequests_AreAllRead()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.ClientStream();
        foreach (string text in new[] { "a", "b", "c" }) await call.RequestStream.WriteAsync(new EchoMessage { Text = text }).InTime();
        await call.RequestStream.CompleteAsync().InTime();
        Assert.Equal(new EchoMessage { Text = "abc", Number = 3 }, await call.ResponseAsync.InTime());
    }

    [Fact]
    public async Task ServerStream_ThreeResponses_ComeInOrder()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.ServerStream(new EchoMessage { Number = 3 });
        var numbers = new List<long>();
        while (await call.ResponseStream.MoveNext().InTime()) numbers.Add(call.ResponseStream.Current.Number);
        Assert.Equal([0, 1, 2], numbers);
    }

    [Fact]
    public async Task Duplex_EachRequest_IsAnsweredBeforeTheNext()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.Duplex();
        for (long number = 0; number < 1000; number++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Number = number }).InTime();
            Assert.True(await call.ResponseStream.MoveNext().InTime());
            Assert.Equal(number, call.ResponseStream.Current.Number);
        }
        await call.RequestStream.CompleteAsync().InTime();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Duplex_ServerSpeaksFirst_IsHeard()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnDuplex = async (requests, responses, _) =>
        {
            await responses.WriteAsync(new EchoMessage { Text = "welcome" });
            Assert.False(await requests.MoveNext());
        };
        using var call = server.Client.Duplex();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        Assert.Equal("welcome", call.ResponseStream.Current.Text);
        await call.RequestStream.CompleteAsync().InTime();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
    }
}
