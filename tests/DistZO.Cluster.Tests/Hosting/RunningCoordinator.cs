using System.Net;
using DistZO.Coordinator;
using DistZO.Optimization;
using DistZO.Rpc.V1;
using DistZO.Runs;
using DistZO.Worker;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistZO.Cluster.Tests.Hosting;

/// <summary>A coordinator on ports of the loopback, and calls to it.</summary>
internal sealed class RunningCoordinator : IAsyncDisposable
{
    public const string Token = "a long random word";
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly List<IDisposable> _owned = [];

    private RunningCoordinator()
    {
    }

    public FakeTime Time { get; } = new();

    public CoordinatorLoop Loop { get; private set; } = null!;

    public CoordinatorHost Host { get; private set; } = null!;

    public HttpClient Pages { get; private set; } = null!;

    public static async Task<RunningCoordinator> Start(RunFiles files, Func<HostOptions, HostOptions>? change = null)
    {
        var running = new RunningCoordinator();
        var directory = files.NewDirectory();
        var book = RunBook.Open(directory, files.Recipe(5));
        var metrics = new MetricsFile(directory.Metrics);
        running.Loop = new CoordinatorLoop(new RunEngine(book, new EngineOptions { Incarnation = 1 }, metrics, metrics, TimeProvider.System), TimeProvider.System);
        var options = new HostOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Token = Token,
            Time = running.Time,
        };
        running.Host = await CoordinatorHost.Start(running.Loop, change?.Invoke(options) ?? options).WaitAsync(Limit);
        running.Pages = new HttpClient { BaseAddress = new Uri($"http://{running.Host.Http}"), Timeout = Limit };
        running._owned.AddRange([running.Loop, book, running.Pages]);
        return running;
    }

    /// <summary>A session on a connection of its own.</summary>
    public AsyncDuplexStreamingCall<WorkRequest, WorkResponse> Call(string? token = Token, IPEndPoint? at = null)
    {
        var channel = GrpcChannel.ForAddress(new Uri($"http://{at ?? Host.Listen}"));
        _owned.Insert(0, channel);
        var headers = new Metadata();
        if (token is not null) headers.Add("authorization", $"Bearer {token}");
        return new CoordinatorService.CoordinatorServiceClient(channel).Work(headers);
    }

    /// <summary>Says hello and waits for the welcome.</summary>
    public async Task<AsyncDuplexStreamingCall<WorkRequest, WorkResponse>> Admitted(string name = "w")
    {
        var call = Call();
        await call.RequestStream.WriteAsync(CoordinatorWire.Write(new Runs.Hello(1, Guid.NewGuid().ToString("n"), name, "1"))).WaitAsync(Limit);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Limit));
        Assert.Equal(WorkResponse.MessageOneofCase.Welcome, call.ResponseStream.Current.MessageCase);
        return call;
    }

    /// <summary>The status that a call ends with.</summary>
    public static async Task<Status> End(AsyncDuplexStreamingCall<WorkRequest, WorkResponse> call)
    {
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Limit))
            {
            }

            return call.GetStatus();
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().AsTask().WaitAsync(Limit);
        foreach (var owned in _owned) owned.Dispose();
    }
}
