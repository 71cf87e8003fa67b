using DistZO.Rpc.Framing;
using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DistZO.Rpc.Tests;

/// <summary>Deadlines, each end by its own clock, which the tests move.</summary>
public class DeadlineTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTime _clientTime = new();
    private readonly ManualTime _serverTime = new();

    [Fact]
    public async Task Client_DeadlinePasses_FailsAndTheServerIsCancelled()
    {
        await using var server = await StartAsync();
        var (started, cancelled) = (Signal(), Signal());
        server.Service.OnUnary = async (request, context) =>
        {
            using var registration = context.CancellationToken.Register(cancelled.SetResult);
            started.SetResult();
            await cancelled.Task;
            return request;
        };
        using var call = Client(server).UnaryAsync(new EchoMessage(), deadline: In(Minute));
        await started.Task.InTime();
        _clientTime.Advance(Minute);
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.InTime());
        Assert.Equal(StatusCode.DeadlineExceeded, problem.StatusCode);
        await cancelled.Task.InTime();
    }

    [Fact]
    public async Task Client_DeadlineOver_NeverCalls()
    {
        await using var server = await StartAsync();
        server.Service.OnUnary = (_, _) => throw new InvalidOperationException("was called");
        using var call = Client(server).UnaryAsync(new EchoMessage(), deadline: In(-Minute));
        var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.InTime());
        Assert.Equal(StatusCode.DeadlineExceeded, problem.StatusCode);
    }

    [Fact]
    public async Task Client_CallEndsInTime_LeavesNoTimer()
    {
        await using var server = await StartAsync();
        await Client(server).UnaryAsync(new EchoMessage(), deadline: In(Minute)).ResponseAsync.InTime();
        Assert.Equal(0, _clientTime.Waiting);
    }

    [Fact]
    public async Task Server_KnowsTheDeadlineOfTheCall()
    {
        await using var server = await StartAsync();
        DateTime seen = default;
        server.Service.OnUnary = (request, context) =>
        {
            seen = context.Deadline;
            return Task.FromResult(request);
        };
        await Client(server).UnaryAsync(new EchoMessage(), deadline: In(Minute)).ResponseAsync.InTime();
        Assert.Equal(_serverTime.GetUtcNow().UtcDateTime + Minute, seen);
        await Client(server).UnaryAsync(new EchoMessage(), deadline: DateTime.MaxValue).ResponseAsync.InTime();
        Assert.Equal(DateTime.MaxValue, seen);
    }

    [Theory]
    [InlineData("waits for its token")]
    [InlineData("waits for a request")]
    [InlineData("waits for a request, after a response")]
    [InlineData("takes its time, and returns")]
    public async Task Server_DeadlinePasses_TokenFiresAndTheStatusSaysSo(string what)
    {
        await using var server = await StartAsync();
        var started = Signal();
        server.Service.OnDuplex = async (requests, responses, context) =>
        {
            if (what.EndsWith("response")) await responses.WriteAsync(new EchoMessage());
            var over = Signal();
            using var registration = context.CancellationToken.Register(over.SetResult);
            started.SetResult();
            if (what.Contains("request")) await requests.MoveNext();
            await over.Task;
            if (what.Contains("token")) context.CancellationToken.ThrowIfCancellationRequested();
        };
        using var call = Client(server).Duplex(deadline: In(Minute));
        await started.Task.InTime();
        _serverTime.Advance(Minute);
        var problem = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext().InTime())
            {
            }
        });
        Assert.Equal(StatusCode.DeadlineExceeded, problem.StatusCode);
    }

    [Fact]
    public async Task Server_DeadlinePassesWhileItWrites_BreaksOff()
    {
        await using var server = await StartAsync();
        var (blocked, over) = (Signal(), Signal());
        server.Service.OnServerStream = async (_, responses, _) =>
        {
            try
            {
                while (true)
                {
                    var write = responses.WriteAsync(new EchoMessage { Text = new string('x', 100_000) });
                    if (!write.IsCompleted) blocked.TrySetResult();
                    await write;
                }
            }
            finally
            {
                over.SetResult();
            }
        };
        using var call = Client(server).ServerStream(new EchoMessage(), deadline: In(Minute));
        await blocked.Task.InTime(); // nobody reads
        _serverTime.Advance(Minute);
        await over.Task.InTime();
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("-1S")]
    [InlineData("1x")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public async Task Server_MalformedTimeout_IsInternal(string timeout)
    {
        Assert.False(TimeoutHeader.TryParse(timeout, out _));
        if (timeout.Length == 0) return; // an empty header is not sent
        await using var server = await StartAsync();
        using var call = new RawCall { Pieces = [RawCall.Frame(new EchoMessage())], Headers = { ("grpc-timeout", timeout) } };
        Assert.Equal(StatusCode.Internal, (await call.SendAsync(server.Address, "/distzo.test.v1.EchoService/Unary")).Status);
    }

    [Theory]
    [InlineData("99999999H", 99_999_999 * TimeSpan.TicksPerHour)]
    [InlineData("99999999M", 99_999_999 * TimeSpan.TicksPerMinute)]
    [InlineData("2S", 2 * TimeSpan.TicksPerSecond)]
    [InlineData("3m", 3 * TimeSpan.TicksPerMillisecond)]
    [InlineData("4u", 4 * TimeSpan.TicksPerMicrosecond)]
    [InlineData("101n", 2L)]
    [InlineData("0n", 0L)]
    public void Timeout_OfEveryUnit_IsRead(string text, long ticks)
    {
        Assert.True(TimeoutHeader.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(-5, "1u")]
    [InlineData(0, "1u")]
    [InlineData(1, "1u")]
    [InlineData(600_000_000, "60000000u")]
    [InlineData(1_000_000_000, "100000m")]
    [InlineData(1_000_000_001, "100001m")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Timeout_OfAnyLength_IsWrittenInEightDigits(long ticks, string expected)
    {
        string text = TimeoutHeader.Format(TimeSpan.FromTicks(ticks));
        Assert.Equal(expected, text);
        Assert.True(TimeoutHeader.TryParse(text, out _));
    }

    [Fact]
    public void Timer_ForAYear_FiresAfterAYear()
    {
        int fired = 0;
        using var timer = new DeadlineTimer(_clientTime, TimeSpan.FromDays(365), () => fired++);
        for (int day = 0; day < 364; day++) _clientTime.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, fired);
        _clientTime.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, fired);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<TestServer> StartAsync() => TestServer.StartAsync(services: services => services.AddSingleton<TimeProvider>(_serverTime));

    private EchoService.EchoServiceClient Client(TestServer server) =>
        server.ClientOf(new GrpcChannelOptions { TimeProvider = _clientTime });

    private DateTime In(TimeSpan time) => _clientTime.GetUtcNow().UtcDateTime + time;
}
