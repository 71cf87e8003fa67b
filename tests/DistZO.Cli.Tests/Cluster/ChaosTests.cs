namespace DistZO.Cli.Tests.Cluster;

/// <summary>Any process of a cluster may be killed at any moment, as often as may be: the run ends as if nothing had happened.</summary>
[Collection("processes")]
public sealed class ChaosTests : IDisposable
{
    private readonly TinyCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Cluster_KilledAFewTimes_EndsAsIfNothingHadHappened() => KillUntilTheEnd(steps: 600, workers: 2, kills: 5, farthest: 20, seed: 1);

    [Fact]
    [Trait("Category", "Chaos")]
    public void Cluster_KilledForALongTime_EndsAsIfNothingHadHappened() => KillUntilTheEnd(steps: 3_000, workers: 3, kills: 64, farthest: 40, seed: 2);

    private void KillUntilTheEnd(int steps, int workers, int kills, int farthest, int seed)
    {
        string[] recipe = ["--eval-steps", "50", "--num-directions", "2"];
        // A worker that was killed shortly before the end comes after it, and finishes too.
        string[] more = [.. recipe, "--linger", "600"];
        var random = new Random(seed);
        _cluster.StartCoordinator("ledger", steps, more);
        var running = Enumerable.Range(0, workers).Select(Worker).ToArray();
        var step = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            // The line is one moment; processes are somewhere behind it when the signal arrives.
            step = Math.Min(step + random.Next(1, farthest), steps - 1);
            _cluster.Coordinator.WaitForStep(step);
            var victim = random.Next(workers + 1);
            if (victim == workers)
            {
                _cluster.Coordinator.Kill();
                _cluster.StartCoordinator("ledger", steps, more);
            }
            else
            {
                running[victim].Kill();
                running[victim] = Worker(victim);
            }
        }

        foreach (var worker in running) worker.Done();
        _cluster.Coordinator.Signal(DistzoProcess.Terminate);
        _cluster.Coordinator.Done();
        _cluster.AssertSameAsAlone("ledger", "out", steps, recipe);

        // The first one writes the model; all keep snapshots.
        DistzoProcess Worker(int number) =>
            number == 0 ? _cluster.StartWorker("out", "--name", "w0") : _cluster.StartWorker(null, "--name", $"w{number}", "--cache", _cluster.Tiny[$"cache{number}"]);
    }
}
