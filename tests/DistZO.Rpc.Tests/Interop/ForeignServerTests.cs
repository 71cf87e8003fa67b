using System.Diagnostics;
using System.Globalization;
using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistZO.Rpc.Tests.Interop;

/// <summary>Our client calls servers that others wrote.</summary>
public sealed class ForeignServerTests(ForeignServerTests.Servers servers) : IClassFixture<ForeignServerTests.Servers>
{
    public static TheoryData<string> Tools => ["grpcio", "grpc-js"];

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_Unary_IsAnswered(string tool)
    {
        var client = await servers.ClientOfAsync(tool);
        foreach (int bytes in new[] { 0, 70, 3_000_000 })
        {
            var message = new EchoMessage { Text = "hello", Number = -7, Data = ByteString.CopyFrom(new byte[bytes]) };
            Assert.Equal(message, await client.UnaryAsync(message).ResponseAsync.InTime());
        }
        Assert.Equal(new EchoMessage(), await client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime());
    }

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_Streams_AreUnderstood(string tool)
    {
        var client = await servers.ClientOfAsync(tool);
        using var up = client.ClientStream();
        foreach (string text in new[] { "a", "b", "c" }) await up.RequestStream.WriteAsync(new EchoMessage { Text = text }).InTime();
        await up.RequestStream.CompleteAsync().InTime();
        Assert.Equal(new EchoMessage { Text = "abc", Number = 3 }, await up.ResponseAsync.InTime());

        using var down = client.ServerStream(new EchoMessage { Number = 5 });
        for (int number = 0; number < 5; number++)
        {
            Assert.True(await down.ResponseStream.MoveNext().InTime());
            Assert.Equal(number, down.ResponseStream.Current.Number);
        }
        Assert.False(await down.ResponseStream.MoveNext().InTime());
    }

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_Duplex_GoesBackAndForth(string tool)
    {
        var client = await servers.ClientOfAsync(tool);
        using var call = client.Duplex();
        for (int number = 0; number < 100; number++)
        {
            await call.RequestStream.WriteAsync(new EchoMessage { Number = number }).InTime();
            Assert.True(await call.ResponseStream.MoveNext().InTime());
            Assert.Equal(number, call.ResponseStream.Current.Number);
        }
        await call.RequestStream.CompleteAsync().InTime();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_Failures_KeepTheirStatus(string tool)
    {
        var client = await servers.ClientOfAsync(tool);
        var problem = await FailureAsync(client.UnaryAsync(new EchoMessage { Text = "fail" }));
        Assert.Equal((StatusCode.FailedPrecondition, "Größe 50 %: 大 😀"), (problem.StatusCode, problem.Status.Detail));
        Assert.Equal("so", problem.Trailers.GetValue("reason"));

        problem = await FailureAsync(client.UnaryAsync(new EchoMessage { Text = "throw" }));
        Assert.Equal(StatusCode.Unknown, problem.StatusCode);

        var other = new OtherService.OtherServiceClient(await servers.ChannelOfAsync(tool));
        problem = await FailureAsync(other.CountAsync(new EchoMessage()));
        Assert.Equal(StatusCode.Unimplemented, problem.StatusCode);
    }

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_Metadata_ComesBack(string tool)
    {
        var client = await servers.ClientOfAsync(tool);
        var sent = new Metadata { { "x-text", "plain" }, { "x-bytes-bin", new byte[] { 0, 255, (byte)',' } } };
        using var call = client.UnaryAsync(new EchoMessage { Text = "metadata" }, sent);
        await call.ResponseAsync.InTime();
        foreach (var received in new[] { await call.ResponseHeadersAsync.InTime(), call.GetTrailers() })
        {
            Assert.Equal("plain", received.GetValue("x-text"));
            Assert.Equal(sent.GetValueBytes("x-bytes-bin"), received.GetValueBytes("x-bytes-bin"));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_Deadline_IsKeptByTheServer(string tool)
    {
        // The clock of our client stands still: that the call ends shows that the server was told, and understood. One answers with the
        // status, the other resets the stream.
        var channel = await servers.ChannelOfAsync(tool);
        var time = new ManualTime();
        using var still = GrpcChannel.ForAddress($"http://{channel.Target}", new GrpcChannelOptions { TimeProvider = time });
        var client = new EchoService.EchoServiceClient(still);
        var deadline = time.GetUtcNow().UtcDateTime.AddMilliseconds(200);
        var problem = await FailureAsync(client.UnaryAsync(new EchoMessage { Text = "wait" }, deadline: deadline));
        Assert.True(problem.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Cancelled, problem.Message);
    }

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Client_ServerIsKilled_IsUnavailable(string tool)
    {
        await using var own = new Servers();
        var client = await own.ClientOfAsync(tool);
        using var call = client.Duplex();
        await call.RequestStream.WriteAsync(new EchoMessage()).InTime();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        var pending = call.ResponseStream.MoveNext();
        own.Kill(tool);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => pending.InTime())).StatusCode);
    }

    private static Task<RpcException> FailureAsync(AsyncUnaryCall<EchoMessage> call) =>
        Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.InTime());

    /// <summary>One running server of each tool.</summary>
    public sealed class Servers : IAsyncDisposable, IDisposable
    {
        private readonly Dictionary<string, (ForeignTool Tool, Process Process, GrpcChannel Channel)> _running = [];

        public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

        public ValueTask DisposeAsync()
        {
            foreach (var (tool, process, channel) in _running.Values)
            {
                channel.Dispose();
                process.Kill(entireProcessTree: true);
                process.Dispose();
                tool.Dispose();
            }
            _running.Clear();
            return ValueTask.CompletedTask;
        }

        internal async Task<GrpcChannel> ChannelOfAsync(string name)
        {
            if (_running.TryGetValue(name, out var running)) return running.Channel;
            var tool = new ForeignTool(name);
            await tool.RequireAsync();
            var process = tool.Start(address: null);
            int port = int.Parse((await process.StandardOutput.ReadLineAsync().InTime())!, CultureInfo.InvariantCulture);
            var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
            _running[name] = (tool, process, channel);
            return channel;
        }

        internal async Task<EchoService.EchoServiceClient> ClientOfAsync(string name) => new(await ChannelOfAsync(name));

        internal void Kill(string name) => _running[name].Process.Kill(entireProcessTree: true);
    }
}
