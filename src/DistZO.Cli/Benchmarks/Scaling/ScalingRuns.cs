namespace DistZO.Cli.Benchmarks;

/// <summary>Runs over the same step: on each of two cores one of a single worker, and for each case one of two workers.</summary>
internal sealed class ScalingRuns : IAsyncDisposable
{
    private readonly List<PinnedRun> _alone = [];
    private readonly List<PinnedRun> _pairs = [];

    private ScalingRuns()
    {
    }

    /// <summary>The runs of two workers, in the order of the cases.</summary>
    public IReadOnlyList<PinnedRun> Pairs => _pairs;

    /// <summary>Starts all of them; each stands still.</summary>
    public static async Task<ScalingRuns> Start(string folder, ScalingCase[] cases, int[] cores)
    {
        var runs = new ScalingRuns();
        try
        {
            var (model, data) = (Path.Combine(folder, "model"), Path.Combine(folder, "rows.jsonl"));
            foreach (var core in cores) runs._alone.Add(await Start(cases[0], $"alone-{core}", [core]));
            foreach (var one in cases) runs._pairs.Add(await Start(one, one.Name, cores));

            Task<PinnedRun> Start(ScalingCase one, string name, int[] on)
            {
                var ledger = Path.Combine(folder, $"{cases[0].Name}-{name}");
                Directory.CreateDirectory(ledger);
                return PinnedRun.Start(one.Recipe(model, data), ledger, on);
            }

            return runs;
        }
        catch
        {
            await runs.DisposeAsync();
            throw;
        }
    }

    /// <summary>A step of each run: the single workers at the same time, so that both cores are busy, then the pairs in turn.</summary>
    public async Task Round(ScalingTerms? terms)
    {
        var alone = await Task.WhenAll(_alone.Select(run => run.Step()));
        foreach (var seconds in alone) terms?.AddAlone(seconds);
        for (var i = 0; i < _pairs.Count; i++)
        {
            var seconds = await _pairs[i].Step();
            terms?.AddPair(i, seconds);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var run in _alone.Concat(_pairs)) await run.DisposeAsync();
    }
}
