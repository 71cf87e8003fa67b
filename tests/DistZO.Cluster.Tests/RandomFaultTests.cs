using DistZO.Optimization;
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

    [Theory]
    [MemberData(nameof(Seeds), 0, 8)]
    public void Run_StoppedAndContinuedAtRandom_IsThatOfOneProcess(int seed) => PlayWithStops(seed);

    [Theory]
    [Trait("Category", "Chaos")]
    [MemberData(nameof(Seeds), 8, 100)]
    public void Run_StoppedAndContinuedAtRandomForALongTime_IsThatOfOneProcess(int seed) => PlayWithStops(seed);

    [Theory]
    [MemberData(nameof(Seeds), 0, 8)]
    public void Run_ThatStopsEarlyWithFaultsAtRandom_IsThatOfOneProcess(int seed) => PlayEarlyStop(seed);

    [Theory]
    [Trait("Category", "Chaos")]
    [MemberData(nameof(Seeds), 8, 100)]
    public void Run_ThatStopsEarlyWithFaultsAtRandomForALongTime_IsThatOfOneProcess(int seed) => PlayEarlyStop(seed);

    [Theory]
    [MemberData(nameof(Seeds), 0, 8)]
    // A rank in quarantine differs in the next comparison too.
    [MemberData(nameof(Seeds), 748, 1)]
    public void Weights_WithBitsFlippedAtRandom_FollowFromTheLedgerInTheEnd(int seed) => PlayFlips(seed);

    [Theory]
    [Trait("Category", "Chaos")]
    [MemberData(nameof(Seeds), 8, 200)]
    public void Weights_WithBitsFlippedAtRandomForALongTime_FollowFromTheLedgerInTheEnd(int seed) => PlayFlips(seed);

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
        for (var i = random.Next(1, 5); i >= 0; i--) cluster.Add(20 * Math.Pow(10, random.NextDouble()), hasRows: random.Next(4) > 0);
        while (cluster.Workers.Count < cluster.MinWorkers) cluster.Add();
        var faults = random.Next(5, 15);
        for (var i = 0; i < faults; i++) cluster.At(random.NextDouble() * 6, () => Fault(cluster, random));
        // Somebody is always there in the end.
        cluster.At(20, () => Recover(cluster));
        // A coordinator that is killed behind the last step finds the run finished.
        Assert.Contains(cluster.RunToTheEnd().Outcome, new[] { RunOutcome.Completed, RunOutcome.FinishedBefore });
        cluster.AssertSameAsAlone();
    }

    private void PlayWithStops(int seed)
    {
        var random = new Random(seed);
        using var cluster = new SimulatedCluster(files, files.Recipe(15, ("batch-size", "6"), ("digest-steps", "5")), seed);
        for (var outcome = RunOutcome.Stopped; outcome == RunOutcome.Stopped;)
        {
            for (var i = random.Next(1, 4); i > 0; i--)
                cluster.Add(20 * Math.Pow(10, random.NextDouble()), hasRows: i == 1 || random.Next(2) == 0);
            cluster.At(cluster.Time.Now + random.NextDouble(), () => cluster.Engine!.Stop());
            if (random.Next(3) == 0) cluster.At(cluster.Time.Now + random.NextDouble(), () => cluster.Workers[^1].Kill());
            // Somebody with the rows is always there in the end.
            cluster.At(cluster.Time.Now + 20, () => cluster.Add());
            outcome = cluster.RunToTheEnd().Outcome;
            if (outcome != RunOutcome.Stopped) break;
            foreach (var worker in cluster.Workers.Where(worker => worker.IsAlive)) worker.Kill();
            cluster.KillCoordinator();
            cluster.StartCoordinator();
        }

        // Whoever was there at the end may have been killed as it was reached.
        cluster.AssertSameAsAlone(isAnybodyThere: false);
    }

    private void PlayEarlyStop(int seed)
    {
        var random = new Random(seed);
        var recipe = files.Recipe(20, ("batch-size", "6"), ("eval-steps", "2"), ("early-stopping-patience", $"{1 + (seed % 3)}"));
        using var cluster = new SimulatedCluster(files, recipe, seed);
        for (var i = random.Next(1, 4); i >= 0; i--)
            cluster.Add(20 * Math.Pow(10, random.NextDouble()), hasRows: i == 0 || random.Next(2) == 0);
        for (var i = random.Next(2, 8); i > 0; i--) cluster.At(random.NextDouble() * 3, () => Fault(cluster, random));
        cluster.At(20, () => Recover(cluster));
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
    }

    private void PlayFlips(int seed)
    {
        var random = new Random(seed);
        var type = seed % 2 == 0 ? "float32" : "bfloat16";
        var recipe = files.Recipe(15, ("batch-size", "6"), ("digest-steps", "3"), ("save-steps", "2"), ("weights-dtype", type));
        using var cluster = new SimulatedCluster(files, recipe, seed);
        for (var i = random.Next(2, 5); i > 0; i--) cluster.Add(20 * Math.Pow(10, random.NextDouble()));
        cluster.RunToStep(1);
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            cluster.At(cluster.Time.Now + (random.NextDouble() * 2), () =>
            {
                // Behind the last comparison nobody would find it.
                if (cluster.Engine?.Book.Steps < 14 && Alive(cluster, random) is { } worker) worker.FlipBit(random);
            });
        }

        for (var i = random.Next(0, 4); i > 0; i--)
        {
            cluster.At(cluster.Time.Now + (random.NextDouble() * 2), () =>
            {
                if (cluster.Engine?.Book.Steps >= 10) return;
                if (cluster.Workers.Count(worker => worker.IsAlive) > 2) Alive(cluster, random)!.Kill();
                else cluster.Add();
            });
            cluster.At(cluster.Time.Now + (random.NextDouble() * 2), () =>
            {
                if (cluster.Engine?.Book.Steps >= 10 || Alive(cluster, random) is not { } worker) return;
                worker.Cut(isNoticed: random.Next(2) == 0);
                cluster.At(cluster.Time.Now + (random.NextDouble() * 0.1), worker.Connect);
            });
        }

        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        Assert.Empty(cluster.Refusals);
        var truth = files.Replay(recipe, Ledger.Read(cluster.Directory.Ledger));
        var digests = cluster.Engine!.Describe().Digests;
        // One rank alone is compared with nobody.
        if (cluster.Workers.Count(worker => worker.IsAlive) < 2) return;
        Assert.Equal((15L, truth), (digests.AgreedStep, digests.Digest));
        Assert.All(cluster.Workers.Where(worker => worker.IsAlive), worker => Assert.Equal(truth, worker.Run.Digest()));
    }

    private static SimulatedWorker? Alive(SimulatedCluster cluster, Random random)
    {
        var alive = cluster.Workers.Where(worker => worker is { IsAlive: true, HasFinished: false }).ToList();
        return alive.Count == 0 ? null : alive[random.Next(alive.Count)];
    }

    private static void Recover(SimulatedCluster cluster)
    {
        foreach (var worker in cluster.Workers) (worker.Hangs, worker.IsStuck) = (false, false);
        for (var i = 0; i < cluster.MinWorkers; i++) cluster.Add();
    }

    private static void Fault(SimulatedCluster cluster, Random random)
    {
        var worker = cluster.Workers[random.Next(cluster.Workers.Count)];
        switch (random.Next(12))
        {
            case 0 or 1 when worker.IsAlive:
                worker.Kill();
                break;
            case 2 or 3:
                cluster.Add(20 * Math.Pow(10, random.NextDouble()), hasRows: random.Next(3) > 0, writes: random.Next(3) > 0);
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
            case 10:
                worker.IsStuck = true;
                cluster.At(cluster.Time.Now + (random.NextDouble() * 40), () => worker.IsStuck = false);
                break;
            case 11:
                cluster.Engine?.Pause();
                cluster.At(cluster.Time.Now + (random.NextDouble() * 5), () => cluster.Engine?.Resume());
                break;
        }
    }
}
