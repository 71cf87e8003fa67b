using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

public sealed class SweepTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    [Fact]
    public void Sweep_OverAGrid_RanksEveryRun_AndStopsTheWorseHalf()
    {
        var lines = Sweep(8, "--learning-rate", "1e-3,1e-30,1e9", "--zo-eps", "1e-3,1e-2", "--json").Done().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var runs = lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(6, runs.Select(run => run.GetProperty("flags").GetString()).Distinct().Count());
        Assert.Equal([8, 8, 4, 2, 2, 2], runs.Select(run => run.GetProperty("step").GetInt32()));
        Assert.Equal([false, false, true, true, true, true], runs.Select(run => run.GetProperty("stopped").GetBoolean()));
        Assert.True(runs[0].GetProperty("accuracy").GetDouble() >= runs[1].GetProperty("accuracy").GetDouble());
        Assert.True(File.Exists(Path.Combine(runs[0].GetProperty("output").GetString()!, "model.safetensors")));
    }

    /// <summary>A run that was interrupted to be compared is the run that it would have been.</summary>
    [Fact]
    public void Sweep_OfARun_IsThatRun()
    {
        Sweep(8, "--learning-rate", "2e-3,1e-30", "--lr-scheduler-type", "linear", "--run-all").Done();
        _tiny.Trained("alone", 8, "--learning-rate", "2e-3", "--lr-scheduler-type", "linear");
        var swept = Path.Combine("sweep", "learning_rate=2e-3");
        Assert.Equal(_tiny.Weights("alone"), _tiny.Weights(swept));
        Assert.Equal(_tiny.Ledger("alone"), _tiny.Ledger(swept));
    }

    [Fact]
    public void Sweep_SideBySide_OrAgain_GivesTheSameTable()
    {
        var one = Sweep(8, "--learning-rate", "1e-3,3e-3,1e-2", "--jobs", "2").Done();
        Assert.Contains("go on with: --learning-rate ", one);
        Assert.Equal(one, Sweep(8, "--learning-rate", "1e-3,3e-3,1e-2").Done());
    }

    [Theory]
    [InlineData("nothing to try")]
    [InlineData("nothing to try", "--learning-rate", "1e-3")]
    [InlineData("--learning-rate", "--learning-rate", "1e-3,1e-3")]
    [InlineData("learning_rate", "--learning-rate", "1e-3,x")]
    [InlineData("--jobs", "--learning-rate", "1e-3,1e-2", "--jobs", "0")]
    public void Sweep_WithABadOption_NamesIt(string named, params string[] options) => Assert.Contains(named, Sweep(4, options).Problem(2));

    public void Dispose() => _tiny.Dispose();

    private Outcome Sweep(int steps, params string[] options) => Distzo.Run(
    [
        "sweep", "--model", _tiny.Model, "--data", _tiny.Data, "--eval-data", _tiny.Held, "--output", _tiny["sweep"], "--max-steps", $"{steps}",
        "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--batch-size", "4", .. options,
    ]);
}
