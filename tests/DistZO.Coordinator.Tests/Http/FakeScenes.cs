using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

/// <summary>Runs worth looking at, by name.</summary>
internal static class FakeScenes
{
    public static FakeRun Of(string name) => name switch
    {
        "waiting" => new FakeRun
        {
            State = RunState.Waiting,
            Message = "waiting for the first worker: distzo worker --coordinator http://coordinator:8080",
            WeightsBytes = 500_959_232,
        },
        "one" => new FakeRun { Step = 37, Phase = 0.6, Workers = [new FakeWorker(1, "laptop", 96)] },
        "picture" => Picture(),
        "eight" => FakeRunMonitor.Eventful(),
        "thousand" => new FakeRun
        {
            Step = 3_210,
            Phase = 0.7,
            WeightsBytes = 26_000_000_000,
            Recipe = Recipe.Default.With(RecipeKeys.MaxSteps, 20_000).With(RecipeKeys.BatchSize, 256).With(RecipeKeys.NumDirections, 16)
                .With(RecipeKeys.EvalSteps, 500),
            Workers = FakeWorker.Several(1_000),
        },
        "paused" => Paused(),
        "finished" => new FakeRun { State = RunState.Finished, Step = 20_000, Message = "all workers have written the model", Workers = FakeWorker.Several(5) },
        "failed" => new FakeRun
        {
            State = RunState.Failed,
            Step = 812,
            Message = "the ledger cannot be written: no space left on the device",
            Workers = FakeWorker.Several(3),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    // docs/images/dashboard.png
    private static FakeRun Picture()
    {
        var run = FakeRunMonitor.Eventful();
        run.Workers[2] = run.Workers[2] with { Name = "cygnus" };
        return run;
    }

    private static FakeRun Paused()
    {
        var run = FakeRunMonitor.Eventful();
        run.State = RunState.Paused;
        run.Message = "paused; 'resume' goes on";
        return run;
    }
}
