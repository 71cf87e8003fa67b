using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DistZO.Rpc.Tests;

/// <summary>Either end breaks a call off.</summary>
public class CancellationTests
{
    public static TheoryData<string> Ways =>
        ["token of the call", "dispose", "token of a read", "token of a write", "dispose of the channel"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_Cancels_HandlerIsToldAndTheCallIsCancelled(string way)
    {
        await using var server = await TestServer.StartAsync();
        var (started, cancelled) = (Signal(), Signal());
        server.Service.OnDuplex = async (requests, responses, context) =>
        {
            using var registration = context.CancellationToken.Register(cancelled.SetResult);
            await responses.WriteAsync(new EchoMessage());
            started.SetResult();
            // With "token of a write" it reads nothing, so that the client's writes block.
            if (way != "token of a write") await Assert.ThrowsAnyAsync<OperationCanceledException>(() => requests.MoveNext());
            await cancelled.Task;
        };
        using var source = new CancellationTokenSource();
        using var call = server.Client.Duplex(cancellationToken: way == "token of the call" ? source.Token : default);
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        await started.Task.InTime();

        var pending = way switch
        {
            "token of a read" => call.ResponseStream.MoveNext(source.Token),
            "token of a write" => call.RequestStream.WriteAsync(new EchoMessage { Text = new string('x', 3_000_000) }, source.Token),
            _ => call.ResponseStream.MoveNext(),
        };
        if (way == "dispose") call.Dispose();
        else if (way == "dispose of the channel") server.Channel.Dispose();
        else await source.CancelAsync();

        var problem = await Assert.ThrowsAsync<RpcException>(() => pending.InTime());
        Assert.Equal(StatusCode.Cancelled, problem.StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await cancelled.Task.InTime();
    }

    [Fact]
    public async Task Client_TokenCancelledBefore_NeverCalls()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnUnary = (_, _) => throw new InvalidOperationException("was called");
        var problem = await Assert.ThrowsAsync<RpcException>(
            () => server.Client.UnaryAsync(new EchoMessage(), cancellationToken: new CancellationToken(true)).ResponseAsync.InTime());
        Assert.Equal(StatusCode.Cancelled, problem.StatusCode);
        using var stream = server.Client.Duplex(cancellationToken: new CancellationToken(true));
        await Assert.ThrowsAsync<RpcException>(() => stream.RequestStream.WriteAsync(new EchoMessage()).InTime());
        await Assert.ThrowsAsync<RpcException>(() => stream.ResponseHeadersAsync.InTime());
    }

    [Fact]
    public async Task Client_DisposedAfterItsEnd_StaysOk()
    {
        await using var server = await TestServer.StartAsync();
        var call = server.Client.UnaryAsync(new EchoMessage());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
        await call.ResponseAsync.InTime();
        call.Dispose();
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xB, StatusCode.ResourceExhausted)]
    [InlineData(0xC, StatusCode.PermissionDenied)]
    public async Task Client_StreamIsReset_GetsTheStatusOfTheCode(int code, StatusCode expected)
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.FlushAsync();
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
        });
        using var call = server.Client.Duplex();
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().InTime());
        Assert.True(expected == problem.StatusCode, problem.ToString());
    }

    [Fact]
    public async Task Server_EndsEarly_ClientReadsTheStatusAndWritesNoMore()
    {
        await using var server = await TestServer.StartAsync();
        server.Service.OnDuplex = (_, _, _) => Task.CompletedTask;
        using var call = server.Client.Duplex();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoMessage()).InTime());
        Assert.Equal(StatusCode.OK, problem.StatusCode);
        await call.RequestStream.CompleteAsync().InTime();
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Streams_MisusedByTheirOwner_Throw()
    {
        await using var server = await TestServer.StartAsync();
        var (entered, release) = (Signal(), Signal());
        IServerStreamWriter<EchoMessage>? kept = null;
        server.Service.OnDuplex = async (_, responses, _) =>
        {
            kept = responses;
            entered.SetResult();
            await release.Task;
        };
        using var call = server.Client.Duplex();
        Assert.Throws<InvalidOperationException>(() => call.ResponseStream.Current);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        await entered.Task.InTime();
        var blocked = call.RequestStream.WriteAsync(new EchoMessage { Text = new string('x', 3_000_000) });
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoMessage()).InTime());
        await Assert.ThrowsAsync<ArgumentNullException>(() => call.RequestStream.WriteAsync(null!).InTime());
        release.SetResult();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
        await Assert.ThrowsAsync<RpcException>(() => blocked.InTime());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await kept!.WriteAsync(new EchoMessage()).InTime());
    }

    /// <summary>A transport may never end a write that waits for room in a stream that is over.</summary>
    [Fact]
    public async Task Write_ThatTheTransportNeverEnds_EndsWithTheCall()
    {
        using var transport = new StuckTransport();
        using var channel = GrpcChannel.ForAddress("http://nowhere", new GrpcChannelOptions { HttpHandler = transport });
        using var call = new EchoService.EchoServiceClient(channel).Duplex();
        var blocked = call.RequestStream.WriteAsync(new EchoMessage { Text = "x" });
        await transport.Written.Task.InTime();
        Assert.False(blocked.IsCompleted);
        transport.Answer.SetResult();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
        var problem = await Assert.ThrowsAsync<RpcException>(() => blocked.InTime());
        Assert.Equal(StatusCode.OK, problem.StatusCode);
    }

    [Fact]
    public async Task Client_WritesAfterComplete_Throws()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.ClientStream();
        await call.RequestStream.CompleteAsync().InTime();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoMessage()).InTime());
        Assert.Equal(0, (await call.ResponseAsync.InTime()).Number);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers when it is told to, while a write of the request goes on for ever.</summary>
    private sealed class StuckTransport : HttpMessageHandler
    {
        public TaskCompletionSource Written { get; } = Signal();

        public TaskCompletionSource Answer { get; } = Signal();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _ = request.Content!.CopyToAsync(new StuckStream(Written), CancellationToken.None);
            await Answer.Task;
            var response = new HttpResponseMessage { Content = new ByteArrayContent([]) };
            response.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
            response.TrailingHeaders.TryAddWithoutValidation("grpc-status", "0");
            return response;
        }
    }

    private sealed class StuckStream(TaskCompletionSource written) : MemoryStream
    {
        private readonly TaskCompletionSource _never = Signal();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            written.SetResult();
            await _never.Task;
        }
    }
}
