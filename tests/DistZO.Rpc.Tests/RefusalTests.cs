using System.Net;
using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DistZO.Rpc.Tests;

/// <summary>What the server does not take, and how it says so.</summary>
public class RefusalTests
{
    private const string Unary = "/distzo.test.v1.EchoService/Unary";

    private static readonly byte[] Request = RawCall.Frame(new EchoMessage());

    private static readonly Status Refusal = new(StatusCode.Unauthenticated, "no token, or a wrong one – größer");

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("anything")]
    public async Task Server_CompressedMessages_AreUnimplementedAndItSaysWhatIs(string encoding)
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = [Request], Headers = { ("grpc-encoding", encoding) } };
        var response = await call.SendAsync(server.Address, Unary);
        Assert.Equal((200, StatusCode.Unimplemented), (response.Http, response.Status));
        Assert.Equal("identity", response.Headers["grpc-accept-encoding"]);
    }

    [Fact]
    public async Task Server_IdentityEncoding_IsTaken()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = [Request], Headers = { ("grpc-encoding", "identity"), ("grpc-accept-encoding", "gzip") } };
        Assert.Equal(StatusCode.OK, (await call.SendAsync(server.Address, Unary)).Status);
    }

    [Theory]
    [InlineData("application/grpc", 200)]
    [InlineData("application/grpc+proto", 200)]
    [InlineData("application/grpc;x=y", 200)]
    [InlineData("Application/GRPC ; x=y", 200)]
    [InlineData("application/grpc+json", 415)]
    [InlineData("application/grpc-web", 415)]
    [InlineData("application/grpcx", 415)]
    [InlineData("application/json", 415)]
    public async Task Server_ContentType_DecidesIfItIsGrpc(string contentType, int expected)
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = [Request], ContentType = contentType };
        Assert.Equal(expected, (await call.SendAsync(server.Address, Unary)).Http);
    }

    [Fact]
    public async Task Server_OtherMethodsThanPost_AreRefused()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Method = HttpMethod.Get };
        Assert.Equal(405, (await call.SendAsync(server.Address, Unary)).Http);
    }

    [Fact]
    public async Task Server_Http1_IsAskedToUpgrade()
    {
        await using var server = await TestServer.StartAsync(listen: endpoint => endpoint.Protocols = HttpProtocols.Http1);
        using var call = new RawCall { Pieces = [Request], Version = HttpVersion.Version11 };
        Assert.Equal(426, (await call.SendAsync(server.Address, Unary)).Http);
    }

    [Fact]
    public async Task Server_OtherEndpoints_AreNotCaughtByUnknownServices()
    {
        await using var server = await TestServer.StartAsync(map: app => app.MapPost("/api/{what}", (string what) => what));
        using var call = new RawCall { ContentType = "text/plain" };
        Assert.Equal(200, (await call.SendAsync(server.Address, "/api/status")).Http);
        Assert.Equal(404, (await call.SendAsync(server.Address, "/other/status")).Http);
    }

    [Theory]
    [InlineData("Bearer good", StatusCode.OK)]
    [InlineData("Bearer bad", StatusCode.Unauthenticated)]
    public async Task Middleware_InFront_AnswersCallsOfEachKindWithAStatus(string token, StatusCode expected)
    {
        await using var server = await TestServer.StartAsync(map: app => app.Use(Guard));
        var headers = new Metadata { { "authorization", token } };
        using var unary = server.Client.UnaryAsync(new EchoMessage(), headers);
        using var duplex = server.Client.Duplex(headers);
        if (expected == StatusCode.OK)
        {
            await unary.ResponseAsync.InTime();
            await duplex.RequestStream.WriteAsync(new EchoMessage()).InTime();
            Assert.True(await duplex.ResponseStream.MoveNext().InTime());
            return;
        }
        var problem = await Assert.ThrowsAsync<RpcException>(() => unary.ResponseAsync.InTime());
        Assert.Equal((expected, Refusal.Detail), (problem.StatusCode, problem.Status.Detail));
        problem = await Assert.ThrowsAsync<RpcException>(() => duplex.ResponseStream.MoveNext().InTime());
        Assert.Equal(expected, problem.StatusCode);
        problem = await Assert.ThrowsAsync<RpcException>(() => duplex.RequestStream.WriteAsync(new EchoMessage()).InTime());
        Assert.Equal(expected, problem.StatusCode);
    }

    [Fact]
    public async Task Middleware_InFront_AnswersOthersWithHttp()
    {
        await using var server = await TestServer.StartAsync(map: app => app.Use(Guard));
        using var call = new RawCall { ContentType = "text/plain" };
        Assert.Equal(401, (await call.SendAsync(server.Address, "/api/status")).Http);
    }

    private static Task Guard(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers.Authorization == "Bearer good") return next(context);
        if (GrpcStatus.Applies(context)) return GrpcStatus.WriteAsync(context, Refusal);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
