using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistZO.Rpc.Tests;

/// <summary>Messages of every size, cut in every way, and what is none.</summary>
public class MessageTests
{
    private const string Duplex = "/distzo.test.v1.EchoService/Duplex";
    private const string Unary = "/distzo.test.v1.EchoService/Unary";

    private static readonly EchoMessage Hello = new() { Text = "hello", Number = 7 };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16384)]
    [InlineData(3 * 1024 * 1024)]
    public async Task Unary_OfAnySize_ComesBackWhole(int bytes)
    {
        await using var server = await TestServer.StartAsync();
        var message = Sized(bytes);
        Assert.Equal(message, await server.Client.UnaryAsync(message).ResponseAsync.InTime());
    }

    [Fact]
    public async Task Duplex_LargeAndEmptyMessages_ComeBackInOrder()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.Duplex();
        foreach (int bytes in new[] { 3 * 1024 * 1024, 0, 70, 0, 0, 100_000, 1 })
        {
            await call.RequestStream.WriteAsync(Sized(bytes)).InTime();
            Assert.True(await call.ResponseStream.MoveNext().InTime());
            Assert.Equal(Sized(bytes), call.ResponseStream.Current);
        }
    }

    [Fact]
    public async Task Duplex_BufferedMessages_LeaveWithTheNextOne()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Client.Duplex();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        await call.RequestStream.WriteAsync(new EchoMessage { Number = 1 }).InTime();
        await call.RequestStream.WriteAsync(new EchoMessage { Number = 2 }).InTime();
        call.RequestStream.WriteOptions = null;
        await call.RequestStream.WriteAsync(new EchoMessage { Number = 3 }).InTime();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        await call.RequestStream.WriteAsync(new EchoMessage { Number = 4 }).InTime();
        await call.RequestStream.CompleteAsync().InTime();
        Assert.Equal([1, 2, 3, 4], await NumbersAsync(call.ResponseStream));
    }

    [Fact]
    public async Task Server_MessageByteByByte_IsPutTogether()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = RawCall.BytewiseFrame(Hello) };
        var response = await call.SendAsync(server.Address, Unary);
        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Equal(RawCall.Frame(Hello), response.Body);
    }

    [Fact]
    public async Task Server_ManyMessagesInOneFrame_AreTakenApart()
    {
        await using var server = await TestServer.StartAsync();
        byte[] frames = [.. Enumerable.Range(0, 100).SelectMany(_ => RawCall.Frame(Hello))];
        using var call = new RawCall { Pieces = [frames] };
        var response = await call.SendAsync(server.Address, Duplex);
        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Equal(frames, response.Body);
    }

    [Fact]
    public async Task Server_NoMessageAtAll_EndsDuplexWell()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall();
        var response = await call.SendAsync(server.Address, Duplex);
        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Empty(response.Body);
    }

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "half a prefix", [0, 0] },
        { "half a message", RawCall.Frame(0, [8, 1], length: 3) },
        { "compressed", RawCall.Frame(1, [8, 1]) },
        { "another flag", RawCall.Frame(2, [8, 1]) },
        { "no protobuf", RawCall.Frame(0, [255, 255, 255]) },
        { "no message", [] },
        { "two messages", [.. RawCall.Frame(Hello), .. RawCall.Frame(Hello)] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Server_MalformedRequest_AnswersInternal(string what, byte[] body)
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = [body] };
        var response = await call.SendAsync(server.Address, Unary);
        Assert.True(response.Status == StatusCode.Internal, what);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Client_MalformedResponse_IsInternal(string what, byte[] body)
    {
        await using var server = await RawServer.StartAsync(RawServer.Body(body));
        var problem = await Assert.ThrowsAsync<RpcException>(() => server.Client.UnaryAsync(Hello).ResponseAsync.InTime());
        Assert.True(problem.StatusCode == StatusCode.Internal, what);
    }

    [Fact]
    public async Task Client_ResponseByteByByte_IsPutTogether()
    {
        await using var server = await RawServer.StartAsync(RawServer.Body(RawCall.BytewiseFrame(Hello)));
        Assert.Equal(Hello, await server.Client.UnaryAsync(Hello).ResponseAsync.InTime());
    }

    [Fact]
    public async Task Server_FourGigabytesAnnounced_AreRefusedAtOnce()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new RawCall { Pieces = [[0, 255, 255, 255, 255]] };
        Assert.Equal(StatusCode.ResourceExhausted, (await call.SendAsync(server.Address, Unary)).Status);
    }

    [Theory]
    [InlineData(1000, StatusCode.OK)]
    [InlineData(1001, StatusCode.ResourceExhausted)]
    public async Task Server_AtItsReceiveLimit_RefusesOneByteMore(int bytes, StatusCode expected)
    {
        await using var server = await TestServer.StartAsync(grpc: options => options.MaxReceiveMessageSize = 1000);
        Assert.Equal(expected, await StatusOf(server.Client.UnaryAsync(Measured(bytes))));
    }

    [Fact]
    public async Task Server_ByDefault_RefusesMoreThanFourMegabytes()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(StatusCode.ResourceExhausted, await StatusOf(server.Client.UnaryAsync(Measured((4 * 1024 * 1024) + 1))));
    }

    [Fact]
    public async Task Server_AboveItsSendLimit_Refuses()
    {
        await using var server = await TestServer.StartAsync(grpc: options => options.MaxSendMessageSize = 1000);
        Assert.Equal(StatusCode.ResourceExhausted, await StatusOf(server.Client.UnaryAsync(Measured(1001))));
    }

    [Fact]
    public async Task Client_AboveItsLimits_Refuses()
    {
        await using var server = await TestServer.StartAsync();
        var sender = server.ClientOf(new GrpcChannelOptions { MaxSendMessageSize = 1000 });
        Assert.Equal(StatusCode.ResourceExhausted, await StatusOf(sender.UnaryAsync(Measured(1001))));
        using var stream = sender.Duplex();
        var problem = await Assert.ThrowsAsync<RpcException>(() => stream.RequestStream.WriteAsync(Measured(1001)).InTime());
        Assert.Equal(StatusCode.ResourceExhausted, problem.StatusCode);
        await stream.RequestStream.WriteAsync(Measured(1000)).InTime(); // the stream is whole: nothing of the other was sent
        Assert.True(await stream.ResponseStream.MoveNext().InTime());

        var receiver = server.ClientOf(new GrpcChannelOptions { MaxReceiveMessageSize = 1000 });
        Assert.Equal(StatusCode.ResourceExhausted, await StatusOf(receiver.UnaryAsync(Measured(1001))));
    }

    private static EchoMessage Sized(int bytes)
    {
        byte[] data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        return new EchoMessage { Data = ByteString.CopyFrom(data) };
    }

    /// <summary>A message of exactly so many encoded bytes.</summary>
    private static EchoMessage Measured(int bytes)
    {
        var message = Sized(bytes - Sized(bytes).CalculateSize() + bytes);
        Assert.Equal(bytes, message.CalculateSize());
        return message;
    }

    private static async Task<StatusCode> StatusOf(AsyncUnaryCall<EchoMessage> call)
    {
        try
        {
            await call.ResponseAsync.InTime();
            return StatusCode.OK;
        }
        catch (RpcException problem)
        {
            return problem.StatusCode;
        }
    }

    private static async Task<List<long>> NumbersAsync(IAsyncStreamReader<EchoMessage> stream)
    {
        var numbers = new List<long>();
        while (await stream.MoveNext().InTime()) numbers.Add(stream.Current.Number);
        return numbers;
    }
}
