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

    /// <summary>What was measured on other rows, and at other steps, says nothing here: it is measured again.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    public void Sweep_OnOtherHeldOutRows_RanksAsIfItWereNew(int steps)
    {
        string[] grid = ["--learning-rate", "1e-30,3e-2,1e-3", "--metric-for-best-model", "loss", "--json"];
        Sweep(8, grid).Done();
        TinyModel.WriteRows(_tiny["others.jsonl"], 11);
        string[] others = [.. grid, "--eval-data", _tiny["others.jsonl"]];
        var again = Sweep(steps, others).Done();
        Directory.Move(_tiny["sweep"], _tiny["old"]);
        Assert.Equal(Sweep(steps, others).Done(), again);
    }

    [Theory]
    [InlineData("train is", "--train", "prefix")]
    [InlineData("the data has 22 rows", "--data")]
    [InlineData("the base model's weights differ", "--model")]
    public void Sweep_IntoTheFolderOfAnother_IsRefusedBeforeAnythingRuns(string named, string option, string? value = null)
    {
        string[] part = option == "--train" ? [] : ["--train", "lora"];
        Sweep(8, "--learning-rate", "1e-3,1e-30", "--train", "lora").Done();
        TinyModel.Write(_tiny["other"], seed: 2);
        TinyModel.WriteRows(_tiny["other.jsonl"], 22);
        value ??= option == "--model" ? _tiny["other"] : _tiny["other.jsonl"];
        var before = Snapshot();
        // The first trial is new; the second one's folder is taken.
        var problem = Sweep(8, ["--learning-rate", "5e-4,1e-30", .. part, option, value]).Problem(2);
        Assert.Contains(named, problem);
        Assert.Contains("learning_rate=1e-30", problem);
        Assert.Equal(before, Snapshot());

        string[] Snapshot() => [.. Directory.GetFiles(_tiny["sweep"], "*", SearchOption.AllDirectories).Order().Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O}")];
    }

    [Fact]
    public void Sweep_ToFewerStepsThanARunHas_IsRefused()
    {
        Sweep(8, "--learning-rate", "1e-3,1e-30").Done();
        Assert.Contains("has 8 steps already", Sweep(4, "--learning-rate", "1e-3,1e-30").Problem(2));
    }

    /// <summary>At a learning rate of 1 the macro-F1 is the better one after two steps; after four, the loss is no number.</summary>
    [Theory]
    [InlineData(8, "1,1e-30", 4)]
    [InlineData(8, "100,1e-30", 2)]
    [InlineData(2, "100,1e-30", 2)]
    public void Sweep_WithARunThatDiverges_RecommendsAnother(int steps, string rates, int end)
    {
        var outcome = Sweep(steps, "--learning-rate", rates, "--metric-for-best-model", "macro_f1", "--json");
        var runs = outcome.Done().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal("--learning-rate 1e-30", runs[0].GetProperty("flags").GetString());
        Assert.Equal([steps, end], runs.Select(run => run.GetProperty("step").GetInt32()));
        Assert.Equal([false, true], runs.Select(run => run.GetProperty("diverged").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, runs[1].GetProperty("loss").ValueKind);
        Assert.True(File.Exists(Path.Combine(runs[0].GetProperty("output").GetString()!, "model.safetensors")));
        Assert.Equal(outcome.Output, Sweep(steps, "--learning-rate", rates, "--metric-for-best-model", "macro_f1", "--json").Done());
    }

    [Fact]
    public void Sweep_WhoseRunsAllDiverge_FailsAndRecommendsNothing()
    {
        var outcome = Sweep(8, "--learning-rate", "100,1e9");
        Assert.Contains("all 2 runs diverged", outcome.Problem(1));
        Assert.Contains("2 (diverged)", outcome.Output);
        Assert.DoesNotContain("go on with", outcome.Output);
    }

    [Theory]
    [InlineData("--workers", "--jobs")]
    [InlineData("--eval-steps", "at a quarter, at half and at the end of --max-steps")]
    [InlineData("--eval_steps", "at a quarter, at half and at the end of --max-steps")]
    [InlineData("--num-train-epochs", "--max-steps")]
    [InlineData("--log-json", "--json")]
    public void Sweep_WithAnOptionOfOneRun_SaysWhatToUse(string option, string advice)
    {
        var problem = Sweep(4, "--learning-rate", "1e-3,1e-2", option, "2").Problem(2);
        Assert.StartsWith($"{option}: ", problem);
        Assert.Contains(advice, problem);
        Assert.DoesNotContain("did you mean", problem);
    }

    [Fact]
    public void Sweep_OfAFolderOfRows_RanksOnItsHeldOutOnes()
    {
        Directory.CreateDirectory(_tiny["rows"]);
        File.Copy(_tiny.Data, _tiny["rows/train.jsonl"]);
        File.Copy(_tiny.Held, _tiny["rows/dev.jsonl"]);
        var options = new[] { "--model", _tiny.Model, "--max-steps", "4", "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--learning-rate", "1e-3,1e-2" };
        Distzo.Run(["sweep", "--data", _tiny["rows"], "--output", _tiny["sweep"], .. options]).Done();
    }

    [Theory]
    [InlineData("num_train_epochs: 2", "num_train_epochs")]
    [InlineData("early_stopping_patience: 1\neval_steps: 1\nworkers: 3", null)]
    public void Sweep_OfARecipeWithKeysOfOneRun_HeedsOrRefusesThem(string recipe, string? named)
    {
        File.WriteAllText(_tiny["recipe.yaml"], recipe);
        string[] options =
        [
            "sweep", "--config", _tiny["recipe.yaml"], "--model", _tiny.Model, "--data", _tiny.Data, "--eval-data", _tiny.Held, "--output", _tiny["sweep"],
            "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--batch-size", "4", "--learning-rate", "1e-30,1e-29",
        ];
        if (named is null) Distzo.Run([.. options, "--max-steps", "8"]).Done();
        else Assert.Contains(named, Distzo.Run(options).Problem(2));
    }

    [Theory]
    [InlineData("nothing to try")]
    [InlineData("nothing to try", "--learning-rate", "1e-3")]
    [InlineData("--learning-rate", "--learning-rate", "1e-3,1e-3")]
    [InlineData("1e-3 and 1.0e-3 are the same", "--learning-rate", "1e-3,1.0e-3")]
    [InlineData("learning_rate", "--learning-rate", "1e-3,x")]
    [InlineData("--jobs", "--learning-rate", "1e-3,1e-2", "--jobs", "0")]
    public void Sweep_WithABadOption_NamesIt(string named, params string[] options) => Assert.Contains(named, Sweep(4, options).Problem(2));

    public void Dispose() => _tiny.Dispose();

    private Outcome Sweep(int steps, params string[] options)
    {
        string[] standard =
        [
            "--model", _tiny.Model, "--data", _tiny.Data, "--eval-data", _tiny.Held, "--output", _tiny["sweep"], "--max-steps", $"{steps}",
            "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--batch-size", "4",
        ];
        return Distzo.Run(["sweep", .. standard.Chunk(2).Where(pair => !options.Contains(pair[0])).SelectMany(pair => pair), .. options]);
    }
}
