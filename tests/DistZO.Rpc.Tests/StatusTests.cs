using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistZO.Rpc.Tests;

/// <summary>How calls end: statuses of handlers, of broken handlers, of servers that are none of gRPC's.</summary>
public class StatusTests
{
    private const string Odd = "50 % of \"Größe\" 大 😀\r\n\tend";

    public static TheoryData<StatusCode> Failures => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Unary_HandlerThrowsStatus_ClientGetsItAndItsMessage(StatusCode code)
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (_, _) => throw new RpcException(new Status(code, Odd), [new("reason", "so")]);
        using var call = server.Client.UnaryAsync(new EchoMessage());
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.InTime());
        Assert.Equal((code, Odd), (problem.StatusCode, problem.Status.Detail));
        Assert.Equal("so", problem.Trailers.GetValue("reason"));
        Assert.Equal(code, call.GetStatus().StatusCode);
        Assert.Equal("so", call.GetTrailers().GetValue("reason"));
    }

    [Fact]
    public async Task Duplex_HandlerThrowsAfterAResponse_ResponseComesFirst()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnDuplex = async (_, responses, _) =>
        {
            await responses.WriteAsync(new EchoMessage { Number = 1 });
            throw new RpcException(new Status(StatusCode.Aborted, Odd));
        };
        using var call = server.Client.Duplex();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().InTime());
        Assert.Equal((StatusCode.Aborted, Odd), (problem.StatusCode, problem.Status.Detail));

        var late = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoMessage()).InTime());
        Assert.Equal(StatusCode.Aborted, late.StatusCode);
    }

    [Fact]
    public async Task Handler_SetsStatusInItsContext_ClientGetsIt()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (request, context) =>
        {
            context.Status = new Status(StatusCode.NotFound, "nothing here");
            return Task.FromResult(request);
        };
        var problem = await Assert.ThrowsAsync<RpcException>(() => server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
        Assert.Equal((StatusCode.NotFound, "nothing here"), (problem.StatusCode, problem.Status.Detail));
    }

    [Fact]
    public async Task Handler_ThrowsAnything_IsUnknownAndTellsNothing()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (_, _) => throw new InvalidOperationException("the password is 1234");
        var problem = await Assert.ThrowsAsync<RpcException>(() => server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
        Assert.Equal(StatusCode.Unknown, problem.StatusCode);
        Assert.DoesNotContain("1234", problem.ToString());
        Assert.Contains("the password is 1234", Assert.Single(server.Errors.Take()));
    }

    [Fact]
    public async Task Handler_ReturnsNoResponse_IsUnknown()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (_, _) => Task.FromResult<EchoMessage>(null!);
        var problem = await Assert.ThrowsAsync<RpcException>(() => server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
        Assert.Equal(StatusCode.Unknown, problem.StatusCode);
        Assert.Single(server.Errors.Take());
    }

    [Theory]
    [InlineData("/distzo.test.v1.EchoService/Nothing", "method")]
    [InlineData("/distzo.test.v1.NoService/Unary", "service")]
    [InlineData("/a.b/c", "service")]
    public async Task Server_UnknownPath_IsUnimplemented(string path, string missing)
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall();
        var response = await call.SendAsync(server.Address, path);
        Assert.Equal((200, StatusCode.Unimplemented), (response.Http, response.Status));
        Assert.Contains($"no such {missing}", response.Message);
    }

    [Fact]
    public async Task Server_Refusal_IsTrailersOnly()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, Odd));
        using var call = new RawCall { Pieces = [RawCall.Frame(new EchoMessage())] };
        var response = await call.SendAsync(server.Address, "/distzo.test.v1.EchoService/Unary");
        Assert.Equal("5", response.Headers["grpc-status"]);
        Assert.Equal("50 %25 of \"Gr%C3%B6%C3%9Fe\" %E5%A4%A7 %F0%9F%98%80%0D%0A%09end", response.Headers["grpc-message"]);
        Assert.Empty(response.Trailers);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(204, StatusCode.Unknown)]
    public async Task Client_HttpStatus_BecomesOneOfGrpc(int http, StatusCode expected)
    {
        await using var server = await RawServer.StartAsync(context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        });
        await FailsAsync(server, expected);
    }

    [Fact]
    public async Task Client_HtmlInsteadOfGrpc_IsUnknown()
    {
        await using var server = await RawServer.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<html/>");
        });
        await FailsAsync(server, StatusCode.Unknown);
    }

    [Fact]
    public async Task Client_ResponseWithoutStatus_IsUnknown()
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(RawCall.Frame(new EchoMessage()));
        });
        await FailsAsync(server, StatusCode.Unknown);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("99")]
    [InlineData("x")]
    public async Task Client_TrailersOnlyOfNoUse_IsAFailure(string status)
    {
        await using var server = await RawServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/grpc+proto";
            context.Response.Headers["grpc-status"] = status;
            return Task.CompletedTask;
        });
        // OK without a response is a broken promise; a number that nobody knows is UNKNOWN.
        await FailsAsync(server, status == "0" ? StatusCode.Internal : StatusCode.Unknown);
    }

    private static async Task FailsAsync(RawServer server, StatusCode expected)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(() => server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
        Assert.Equal(expected, problem.StatusCode);
    }
}
