using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistZO.Rpc.Tests;

/// <summary>Headers and trailers both ways, as text and as bytes.</summary>
public class MetadataTests
{
    private static readonly byte[] Bytes = [0, 1, 2, 250, 255, (byte)',', 0];

    [Fact]
    public async Task Metadata_OfEveryKind_TravelsBothWays()
    {
        await using var server = await TestServer.StartAsync();
        Metadata? seen = null;
        server.Service.OnUnary = async (request, context) =>
        {
            seen = context.RequestHeaders;
            await context.WriteResponseHeadersAsync([new("head", "one"), new("head-bin", Bytes)]);
            context.ResponseTrailers.Add("tail", "two");
            context.ResponseTrailers.Add("tail-bin", Bytes);
            context.ResponseTrailers.Add("tail-bin", []);
            return request;
        };
        var sent = new Metadata { { "Text", "a, b; c" }, { "bytes-bin", Bytes }, { "twice", "1" }, { "twice", "2" } };
        sent.Add("empty-bin", []);
        using var call = server.Client.UnaryAsync(new EchoMessage(), sent);
        await call.ResponseAsync.InTime();

        Assert.Equal("a, b; c", seen!.GetValue("text"));
        Assert.Equal(Bytes, seen.GetValueBytes("bytes-bin"));
        Assert.Empty(seen.GetValueBytes("empty-bin")!);
        Assert.Equal(["1", "2"], seen.GetAll("twice").SelectMany(entry => entry.Value.Split(", ")));
        Assert.DoesNotContain(seen, entry => entry.Key is "content-type" or "te" or "host" || entry.Key.StartsWith("grpc-"));

        var headers = await call.ResponseHeadersAsync.InTime();
        Assert.Equal("one", headers.GetValue("head"));
        Assert.Equal(Bytes, headers.GetValueBytes("head-bin"));
        Assert.Equal("two", call.GetTrailers().GetValue("tail"));
        Assert.Equal([Bytes, []], call.GetTrailers().GetAll("tail-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public async Task Headers_SentEarly_ComeBeforeAnyResponse()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnDuplex = async (requests, _, context) =>
        {
            await context.WriteResponseHeadersAsync([new("early", "yes")]);
            await requests.MoveNext();
        };
        using var call = server.Client.Duplex();
        Assert.Equal("yes", (await call.ResponseHeadersAsync.InTime()).GetValue("early"));
        await call.RequestStream.CompleteAsync().InTime();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task Headers_SentTwice_Throw()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync([]);
            await Assert.ThrowsAsync<InvalidOperationException>(() => context.WriteResponseHeadersAsync([]));
            return request;
        };
        await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime();
    }

    [Fact]
    public async Task Headers_ThatCannotTravel_FailTheCall()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var entry in new Metadata.Entry[] { new("text", "größe"), new("text", "two\r\nlines"), new("grpc-timeout", "1S") })
        {
            var problem = await Assert.ThrowsAsync<RpcException>(
                () => server.Client.UnaryAsync(new EchoMessage(), [entry]).ResponseAsync.InTime());
            Assert.Equal(StatusCode.Internal, problem.StatusCode);

            server.Service.OnUnary = (request, context) =>
            {
                context.ResponseTrailers.Add("sound", "yes");
                context.ResponseTrailers.Add(entry);
                return Task.FromResult(request);
            };
            var answered = await Assert.ThrowsAsync<RpcException>(() => server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
            Assert.Equal(StatusCode.Internal, answered.StatusCode);
        }
    }

    [Fact]
    public async Task Headers_BadBase64_IsInternal()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = [RawCall.Frame(new EchoMessage())], Headers = { ("x-bin", "!!") } };
        Assert.Equal(StatusCode.Internal, (await call.SendAsync(server.Address, "/distzo.test.v1.EchoService/Unary")).Status);
    }

    [Fact]
    public async Task Headers_OfTwentyKilobytes_AreTaken()
    {
        await using var server = await TestServer.StartAsync();
        int seen = 0;
        server.Service.OnUnary = (request, context) =>
        {
            seen = context.RequestHeaders.GetValue("large")!.Length;
            context.ResponseTrailers.Add("large", context.RequestHeaders.GetValue("large")!);
            return Task.FromResult(request);
        };
        using var call = server.Client.UnaryAsync(new EchoMessage(), [new("large", new string('x', 20_000))]);
        await call.ResponseAsync.InTime();
        Assert.Equal(20_000, seen);
        Assert.Equal(20_000, call.GetTrailers().GetValue("large")!.Length);
    }

    [Fact]
    public async Task Headers_AboveTheServersLimit_FailTheCallButNotTheNext()
    {
        await using var server = await TestServer.StartAsync();
        await Assert.ThrowsAsync<RpcException>(
            () => server.Client.UnaryAsync(new EchoMessage(), [new("large", new string('x', 500_000))]).ResponseAsync.InTime());
        Assert.Equal("on", (await server.Client.UnaryAsync(new EchoMessage { Text = "on" }).ResponseAsync.InTime()).Text);
    }

    [Fact]
    public async Task Context_OfACall_KnowsWhereItCameFrom()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (_, context) =>
        {
            context.UserState["key"] = "state";
            return Task.FromResult(new EchoMessage
            {
                Text = $"{context.Method} {context.Host} {context.Peer.Split(':')[0]} {context.UserState["key"]}"
                    + $" {context.Deadline == DateTime.MaxValue} {context.GetHttpContext().Request.Protocol}",
            });
        };
        var answer = await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime();
        Assert.Equal($"/distzo.test.v1.EchoService/Unary {server.Address.Authority} ipv4 state True HTTP/2", answer.Text);
    }

    [Fact]
    public void Metadata_BadKeys_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("sp ace", "x"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x-bin", "x"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x", new byte[1]));
        Assert.Throws<InvalidOperationException>(() => new Metadata { { "x-bin", new byte[1] } }.GetValue("x-bin"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("x", "y"));
        Assert.Null(Metadata.Empty.GetValue("x"));
    }

    [Fact]
    public async Task Client_PaddedAndJoinedBytes_AreRead()
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["x-bin"] = "AA==,AAA,AAAA";
            await context.Response.Body.WriteAsync(RawCall.Frame(new EchoMessage()));
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var call = server.Client.UnaryAsync(new EchoMessage());
        await call.ResponseAsync.InTime();
        Assert.Equal([1, 2, 3], (await call.ResponseHeadersAsync.InTime()).GetAll("x-bin").Select(entry => entry.ValueBytes.Length));
    }
}
