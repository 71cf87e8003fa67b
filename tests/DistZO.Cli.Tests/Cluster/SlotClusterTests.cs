using DistZO.Cli.Tests.Commands;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>DistZO2 as one: a coordinator, nodes of several slots, layers in host memory that are uploaded in slices, and a kill.</summary>
[Collection("processes")]
public sealed class SlotClusterTests : IDisposable
{
    private readonly TinyCluster _cluster = new(layers: 5);

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
    public void Workers_OfTwoSlots_WithACoordinator_UploadGatherAndComputeAtOnce()
    {
        const int steps = 30;
        // Slow enough that a slice takes some milliseconds.
        File.WriteAllText(Tiny["links.json"], """
            {"slots": 2,
             "host": [{"slot": 0, "up": 1e7, "down": 1e7}, {"slot": 1, "up": 1e7, "down": 1e7}],
             "fabric": [{"slots": [0, 1], "rate": 2e7}]}
            """);
        string[] slots = ["--topology", Tiny["links.json"], "--offload", "host", "--write-back-steps", "1", "--threads", "2"];
        _cluster.StartCoordinator("ledger", steps, "--min-workers", "2", "--num-directions", "2", "--parallelism", "2d");
        var writer = _cluster.StartWorker("out", [.. slots, "--trace", Tiny["trace.json"]]);
        var other = _cluster.StartWorker(null, slots);
        writer.Done();
        other.Done();
        _cluster.AssertSameAsAlone("ledger", "out", steps, "--num-directions", "2");
        var spans = TraceReader.Read(Tiny["trace.json"]).Spans.ToLookup(span => span.Track);
        foreach (var slot in new[] { 0, 1 })
        {
            foreach (var (track, beside) in new[] { ("upload", "compute"), ("gather", "compute"), ("write-back", "compute"), ("upload", "gather") })
                Assert.True(Overlap(spans[$"slot {slot} {track}"], spans[$"slot {slot} {beside}"]), $"slot {slot}: {track} never runs beside {beside}");
        }
    }

    private static bool Overlap(IEnumerable<TraceSpan> some, IEnumerable<TraceSpan> others) =>
        some.Any(one => others.Any(other => one.Begin < other.End && other.Begin < one.End));
}
