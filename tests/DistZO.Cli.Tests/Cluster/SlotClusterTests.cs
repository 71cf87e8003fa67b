using DistZO.Cli.Tests.Commands;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>DistZO2 as one: a coordinator, nodes of several slots, layers in host memory that are uploaded in slices, and a kill.</summary>
[Collection("processes")]
public sealed class SlotClusterTests : IDisposable
{
    private readonly TinyCluster _cluster = new();

    private TinyRun Tiny => _cluster.Tiny;

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData("pertp", "host")]
    [InlineData("dp", "host")]
    [InlineData("2d", "host")]
    [InlineData("auto", "disk")]
    [InlineData("2d", "shard")]
    public void Train_OnTwoNodesOfTwoSlots_WithAKill_IsThatOfOneProcess(string parallelism, string tier)
    {
        const int steps = 120;
        string[] more = ["--workers", "2", "--slots", "2", "--offload", tier, "--write-back-steps", "2", "--parallelism", parallelism, "--num-directions", "2", "--threads", "4"];
        var parent = _cluster.Start(Tiny.Train("many", steps, more));
        parent.WaitFor("step 5/");
        DistzoProcess.Kill(parent.Children()[^1]);
        parent.WaitFor("starting it again");
        parent.Done();
        _cluster.AssertSameAsAlone("many", "many", steps, "--num-directions", "2");
    }

    [Fact]
    public void Workers_OfTwoSlots_WithACoordinator_TraceUploadsGathersAndComputing()
    {
        const int steps = 30;
        string[] slots = ["--slots", "2", "--offload", "host", "--write-back-steps", "1", "--threads", "2"];
        _cluster.StartCoordinator("ledger", steps, "--min-workers", "2", "--num-directions", "2", "--parallelism", "2d");
        var writer = _cluster.StartWorker("out", [.. slots, "--trace", Tiny["trace.json"]]);
        var other = _cluster.StartWorker(null, slots);
        writer.Done();
        other.Done();
        _cluster.AssertSameAsAlone("ledger", "out", steps, "--num-directions", "2");
        var trace = File.ReadAllText(Tiny["trace.json"]);
        foreach (var track in new[] { "compute", "upload", "gather", "write-back" }) Assert.Contains($"slot 1 {track}", trace, StringComparison.Ordinal);
    }
}
