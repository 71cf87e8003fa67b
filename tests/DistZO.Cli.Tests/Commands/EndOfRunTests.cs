using DistZO.Cli.Cluster;
using DistZO.Cli.Commands;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Tests.Commands;

/// <summary>What a run leaves at its end is of its last or best step and says so, also where the end itself was cut off.</summary>
public sealed class EndOfRunTests : IDisposable
{
    private const int Steps = 8;

    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Train_StoppedDuringTheLastEvaluation_ExportsOnlyOnceItIsMade()
    {
        Assert.Equal(RunOutcome.Interrupted, TrainAndStopAt(Steps));
        Assert.False(File.Exists(Path.Combine(_tiny["stopped"], "model.safetensors")));

        _tiny.Trained("stopped", Steps);
        _tiny.Trained("calm", Steps);
        Assert.Equal(_tiny.Weights("calm"), _tiny.Weights("stopped"));
        Assert.Equal(_tiny.Metrics("calm"), _tiny.Metrics("stopped"));
    }

    [Fact]
    public void Train_WhoseSecondExportFails_ForgetsThatTheFirstOneStoodThere()
    {
        var output = _tiny.Trained("run", Steps);
        // A folder in the place of the weights: everything that is written before them is written.
        File.Delete(Path.Combine(output, "model.safetensors"));
        Directory.CreateDirectory(Path.Combine(output, "model.safetensors", "in the way"));
        Distzo.Run(_tiny.Train("run", Steps, "--save-dtype", "bfloat16")).Problem(1);

        Directory.Delete(Path.Combine(output, "model.safetensors"), recursive: true);
        File.WriteAllText(Path.Combine(output, "model.safetensors"), "half of another export");
        _tiny.Trained("run", Steps);
        Assert.Contains("float32", File.ReadAllText(Path.Combine(output, "config.json")), StringComparison.Ordinal);
        Assert.Equal(_tiny.Weights("run"), Weights(_tiny.Trained("calm", Steps)));
    }

    [Fact]
    public void Train_OnOtherHeldOutRows_EvaluatesThem()
    {
        _tiny.Trained("run", Steps);
        File.WriteAllLines(_tiny["other.jsonl"], File.ReadLines(_tiny.Held).Take(3));
        string[] others = ["--eval-data", _tiny["other.jsonl"]];
        var lines = _tiny.Metrics("run").Count;

        _tiny.Trained("run", Steps, others);
        Assert.Equal(lines + 1, _tiny.Metrics("run").Count);
        _tiny.Trained("run", Steps, others);
        Assert.Equal(lines + 1, _tiny.Metrics("run").Count);
    }

    [Fact]
    public void Train_AmongSnapshotsOfAnotherRun_KeepsItsOwn()
    {
        var snapshots = Path.Combine(_tiny["run"], ".distzo", "snapshots");
        Directory.CreateDirectory(snapshots);
        string[] foreign = ["step-000000100.safetensors", "step-000000200.safetensors", "step-000000050.safetensors.tmp"];
        foreach (var name in foreign) File.WriteAllText(Path.Combine(snapshots, name), "not this run's");

        _tiny.Trained("run", Steps, "--save-steps", "2");
        var kept = Directory.GetFiles(snapshots).Select(path => Path.GetFileName(path)).Order();
        Assert.Equal(["step-000000004.safetensors", "step-000000006.safetensors"], kept);
    }

    private static byte[] Weights(string output) => File.ReadAllBytes(Path.Combine(output, "model.safetensors"));

    /// <summary>Runs and asks to stop while the given step is told, before its evaluation.</summary>
    private RunOutcome TrainAndStopAt(int step)
    {
        var recipe = Recipe.Default.WithFlags(_tiny.Recipe("stopped", Steps).Chunk(2).Select(pair => (pair[0][2..], pair[1])));
        using var stop = new CancellationTokenSource();
        using var inputs = RunInputs.Open(recipe, () => LocalDevices.Open(recipe));
        var directory = new RunDirectory(_tiny["stopped"]);
        var metrics = new MetricsFile(directory.Metrics);
        using var reporter = new RunReporters([metrics, new StopAt(step, stop)]);
        return LocalRun.Execute(inputs, directory, reporter, metrics, TimeProvider.System, allowsCommand: false, stop.Token, out _).Outcome;
    }

    private sealed class StopAt(int last, CancellationTokenSource stop) : IRunReporter
    {
        public void Started(RunSummary run)
        {
        }

        public void Step(StepMetrics step)
        {
            if (step.Step == last) stop.Cancel();
        }

        public void Evaluated(EvaluationMetrics evaluation)
        {
        }

        public void Notice(NoticeLevel level, string name, string message)
        {
        }

        public void Finished(RunResult result)
        {
        }

        public void Dispose()
        {
        }
    }
}
