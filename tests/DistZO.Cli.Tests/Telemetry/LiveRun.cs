using DistZO.Cli.Tests.Cluster;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>
/// A run of a coordinator and two workers, one of them with layers on disk, that export to a receiver here: processes, for exporters are
/// of the process. It runs once for all tests that look at what came out.
/// </summary>
public sealed class LiveRun : IAsyncLifetime
{
    /// <summary>So many that it is not over when it is asked to pause, some time behind a line that is waited for.</summary>
    public const int Steps = 120;

    private TinyCluster _cluster = null!;

    /// <summary>What came in.</summary>
    internal IReadOnlyList<ExportedSpan> Spans { get; private set; } = [];

    /// <summary>What came in, each collection of each process.</summary>
    internal IReadOnlyList<ExportedMetric> Metrics { get; private set; } = [];

    /// <summary>The coordinator's <c>/metrics</c> in the middle of the run, while it was paused.</summary>
    internal string Page { get; private set; } = "";

    /// <summary>The same page when the run had ended.</summary>
    internal string Last { get; private set; } = "";

    /// <summary>What the processes said: coordinator, the worker "disk", the worker "memory".</summary>
    internal IReadOnlyList<string> Said { get; private set; } = [];

    public async Task InitializeAsync()
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc: false);
        _cluster = new TinyCluster(layers: 5) { Environment = new(receiver.Variables) { ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test" } };
        _cluster.StartCoordinator("ledger", Steps, "--min-workers", "2", "--num-directions", "2", "--linger", "600", "--digest-steps", "4", "--eval-steps", "40");
        DistzoProcess[] workers =
        [
            _cluster.StartWorker("out", "--name", "disk", "--offload", "disk", "--write-back-steps", "2"),
            _cluster.StartWorker(null, "--name", "memory"),
        ];
        _cluster.Coordinator.WaitForStep(5);
        using var client = new HttpClient { BaseAddress = new Uri(_cluster.Http) };
        await Post(client, "/v1/pause");
        // Heartbeats and exports come when their time has come.
        var until = DateTime.UtcNow + DistzoProcess.Limit;
        do
        {
            Page = await client.GetStringAsync("/metrics").WaitAsync(DistzoProcess.Limit);
            Assert.True(DateTime.UtcNow < until, "the heartbeats of two workers, and what they say in an export");
            await Task.Delay(20);
        }
        while (Page.Split("\ndistzo_worker_resident_bytes{").Length < 3 || receiver.Metrics.All(metric => metric.Name != "distzo.worker.resident"));
        await Post(client, "/v1/resume");
        foreach (var worker in workers) worker.Done();
        Last = await client.GetStringAsync("/metrics").WaitAsync(DistzoProcess.Limit);
        _cluster.Coordinator.Signal(DistzoProcess.Terminate);
        _cluster.Coordinator.Done();
        _cluster.AssertSameAsAlone("ledger", "out", Steps, "--num-directions", "2", "--eval-steps", "40");
        (Spans, Metrics, Said) = (receiver.Spans, receiver.Metrics, [_cluster.Coordinator.Said, .. workers.Select(worker => worker.Said)]);
    }

    public Task DisposeAsync()
    {
        _cluster.Dispose();
        return Task.CompletedTask;
    }

    private static async Task Post(HttpClient client, string path)
    {
        using var answer = await client.PostAsync(path, null).WaitAsync(DistzoProcess.Limit);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
    }
}

/// <summary>Tests that share one live run.</summary>
[CollectionDefinition(Name)]
public sealed class LiveRunCollection : ICollectionFixture<LiveRun>
{
    public const string Name = "live run";
}
