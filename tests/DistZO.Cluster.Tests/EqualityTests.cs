using DistZO.Coordinator;
using DistZO.Optimization;

namespace DistZO.Cluster.Tests;

/// <summary>However many workers, however the work is split: the same records, the same weights, the same evaluations.</summary>
public sealed class EqualityTests(RunFiles files) : IClassFixture<RunFiles>
{
    public static TheoryData<int, string, int> Splits
    {
        get
        {
            var splits = new TheoryData<int, string, int>();
            foreach (var workers in new[] { 1, 2, 3, 5, 8 })
            {
                foreach (var parallelism in new[] { "auto", "pertp", "dp", "2d", "2x2" })
                {
                    foreach (var directions in new[] { 1, 4 }) splits.Add(workers, parallelism, directions);
                }
            }

            return splits;
        }
    }

    [Theory]
    [MemberData(nameof(Splits))]
    public void Run_OverWorkers_IsThatOfOneProcess(int workers, string parallelism, int directions)
    {
        var recipe = files.Recipe(7, ("num_directions", $"{directions}"), ("parallelism", parallelism), ("digest_steps", "3"));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = workers };
        for (var i = 0; i < workers; i++) cluster.Add(speed: 50 + (30 * i));
        Assert.Equal(Runs.RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();
        Assert.All(cluster.Workers, worker => Assert.True(worker.HasFinished));
        if (workers > 1) Assert.Equal(7, cluster.Engine!.Describe().Digests.AgreedStep);
    }

    [Theory]
    [InlineData("bfloat16")]
    [InlineData("float16")]
    public void Run_InHalfPrecision_IsThatOfOneProcess(string type)
    {
        var recipe = files.Recipe(6, ("weights_dtype", type), ("weight_decay", "0.1"), ("num_directions", "2"));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = 3 };
        for (var i = 0; i < 3; i++) cluster.Add();
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
    }

    public static TheoryData<string> Families => TinyModel.Families;

    /// <summary>A model of each kind of block, its work split over directions and over samples.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Run_OfAnyFamily_IsThatOfOneProcess(string family)
    {
        using var own = new RunFiles(family);
        foreach (var (workers, parallelism) in new[] { (1, "auto"), (2, "pertp"), (3, "dp") })
        {
            var recipe = own.Recipe(6, ("num_directions", "2"), ("parallelism", parallelism), ("weight_decay", "0.1"), ("digest_steps", "3"));
            using var cluster = new SimulatedCluster(own, recipe) { MinWorkers = workers };
            for (var i = 0; i < workers; i++) cluster.Add();
            Assert.Equal(Runs.RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
            cluster.AssertSameAsAlone();
        }
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("prefix")]
    [InlineData("prompt")]
    [InlineData("bitfit")]
    [InlineData("layers=1")]
    public void Run_OfAPartOfTheModel_IsThatOfOneProcess(string part)
    {
        var recipe = files.Recipe(6, ("train", part), ("learning_rate", "1e-2"), ("zo_eps", "1e-2"), ("num_directions", "2"), ("digest_steps", "2"));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = 3 };
        for (var i = 0; i < 3; i++) cluster.Add();
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void Run_WithSlowAndFastWorkers_SharesInProportion()
    {
        var recipe = files.Recipe(30, ("batch_size", "20"), ("parallelism", "dp"));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = 2, Latency = 0.0001 };
        var (slow, fast) = (cluster.Add(speed: 10), cluster.Add(speed: 40));
        cluster.RunToStep(20);
        var grid = cluster.Engine!.DescribeWorkers();
        cluster.RunUntil(() => cluster.Engine.Describe().Grid is not null);
        var shares = cluster.Engine.DescribeWorkers().ToDictionary(worker => worker.Name, worker => worker.Share);
        Assert.Equal(4, shares[slow.Name]?.Samples);
        Assert.Equal(16, shares[fast.Name]?.Samples);
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void Run_WithANamedSplitThatLeavesRanksIdle_SaysSo()
    {
        var recipe = files.Recipe(3, ("parallelism", "pertp"));
        using var cluster = new SimulatedCluster(files, recipe) { MinWorkers = 3 };
        for (var i = 0; i < 3; i++) cluster.Add();
        cluster.RunToTheEnd();
        Assert.Contains(cluster.Events, e => e.Message == "the work is split 2 × 1 over 2 of 3 workers, 1 idle as backups");
        cluster.AssertSameAsAlone();
    }

    [Fact]
    public void Run_WithASplitLargerThanTheGrid_IsRefused()
    {
        var recipe = files.Recipe(3, ("parallelism", "4x1"));
        var problem = Assert.Throws<Devices.BadInputException>(() => new SimulatedCluster(files, recipe));
        Assert.Contains("4x1 is larger than a step's work grid of 2 probes × 4 samples", problem.Message);
    }
}
