using DistZO.Runs;

namespace DistZO.Cluster.Tests;

/// <summary>Many faults at random moments, everything of one scenario from one seed. A failure names it.</summary>
public sealed class RandomFaultTests(RunFiles files) : IClassFixture<RunFiles>
{
    [Theory]
    [MemberData(nameof(Seeds), 0, 24)]
    public void Run_WithFaultsAtRandom_IsThatOfOneProcess(int seed) => Play(seed);

    [Theory]
    [Trait("Category", "Chaos")]
    [MemberData(nameof(Seeds), 24, 400)]
    public void Run_WithFaultsAtRandomForALongTime_IsThatOfOneProcess(int seed) => Play(seed);

    public static TheoryData<int> Seeds(int from, int count) => [.. Enumerable.Range(from, count)];

    private void Play(int seed)
    {
        var random = new Random(seed);
        // A few recipes, so that the runs that they are compared with are made once.
        string[] splits = ["auto", "pertp", "dp", "2d", "1x2"];
        var recipe = files.Recipe(
            15,
            ("batch-size", "6"),
            ("num-directions", seed % 2 == 0 ? "1" : "3"),
            ("parallelism", splits[seed % splits.Length]),
            ("digest-steps", "5"),
            ("save-steps", "4"));
        using var cluster = new SimulatedCluster(files, recipe, seed) { MinWorkers = random.Next(1, 4), Latency = random.NextDouble() * 0.05 };
        for (var i = random.Next(1, 5); i >= 0; i--) cluster.Add(20 * Math.Pow(10, random.NextDouble()));
        while (cluster.Workers.Count < cluster.MinWorkers) cluster.Add();
        var faults = random.Next(5, 15);
        for (var i = 0; i < faults; i++) cluster.At(random.NextDouble() * 6, () => Fault(cluster, random));
        // Somebody is always there in the end.
        cluster.At(20, () =>
        {
            foreach (var worker in cluster.Workers) worker.Hangs = false;
            for (var i = 0; i < cluster.MinWorkers; i++) cluster.Add();
        });
        // A coordinator that is killed behind the last step finds the run finished.
        Assert.Contains(cluster.RunToTheEnd().Outcome, new[] { RunOutcome.Completed, RunOutcome.FinishedBefore });
        cluster.AssertSameAsAlone();
    }

    private static void Fault(SimulatedCluster cluster, Random random)
    {
        var worker = cluster.Workers[random.Next(cluster.Workers.Count)];
        switch (random.Next(10))
        {
            case 0 or 1 when worker.IsAlive:
                worker.Kill();
                break;
            case 2 or 3:
                cluster.Add(20 * Math.Pow(10, random.NextDouble()));
                break;
            case 4 when worker.IsAlive:
                worker.Cut(isNoticed: random.Next(2) == 0);
                cluster.At(cluster.Time.Now + random.NextDouble(), worker.Connect);
                break;
            case 5 when cluster.Engine is not null:
                cluster.RestartCoordinator(random.NextDouble() * 2);
                break;
            case 6:
                worker.Hangs = true;
                cluster.At(cluster.Time.Now + (random.NextDouble() * 40), () => worker.Hangs = false);
                break;
            case 7:
                worker.Speed *= random.Next(2) == 0 ? 0.1 : 3;
                break;
            case 8 when worker.IsAlive:
                worker.Terminate();
                break;
            case 9:
                worker.Tamper = message => message is ShareDone && random.Next(3) == 0 ? [message, message] : [message];
                break;
        }
    }
}
