using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

public class EvaluateTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private static readonly string[] Prompt = ["--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}"];

    [Fact]
    public void Evaluate_OfTheTrainedModel_MeasuresWhatTheRunMeasured()
    {
        var line = Evaluate("--json").Done();
        var last = JsonDocument.Parse(File.ReadLines(Path.Combine(run.Output, "metrics.jsonl")).Last()).RootElement;
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(last.GetProperty("eval_loss").GetDouble(), json.GetProperty("loss").GetDouble());
        Assert.Equal(last.GetProperty("eval_accuracy").GetDouble(), json.GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void Evaluate_ForPeople_ShowsTheTableOfConfusion() => Assert.Contains("true \\ predicted", Evaluate().Done());

    [Fact]
    public void Evaluate_WithPredictions_WritesOneLineARow()
    {
        Evaluate("--predictions", run.Tiny["predictions.jsonl"]).Done();
        var lines = File.ReadAllLines(run.Tiny["predictions.jsonl"]);
        Assert.Equal(7, lines.Length);
        Assert.All(lines, line => Assert.Equal(2, JsonDocument.Parse(line).RootElement.GetProperty("scores").EnumerateObject().Count()));
    }

    [Fact]
    public void Evaluate_OfARecipesRows_TakesThoseHeldOut()
    {
        File.WriteAllText(run.Tiny["recipe.yaml"], $"train_file: {run.Tiny.Data}\neval_file: {run.Tiny.Held}\n");
        var output = Distzo.Run(["evaluate", "--model", run.Output, "--config", run.Tiny["recipe.yaml"], .. Prompt]).Done();
        Assert.StartsWith("7 rows", output);
    }

    /// <summary>As in a run: the training rows are there to demonstrate with, the held-out ones are measured.</summary>
    [Fact]
    public void Evaluate_OfBothKindsOfRows_MeasuresTheHeldOutOnes()
    {
        string[] both = ["evaluate", "--model", run.Output, "--data", run.Tiny.Data, "--eval-data", run.Tiny.Held, .. Prompt, "--json"];
        Assert.Equal(Evaluate("--json").Done(), Distzo.Run(both).Done());
        var demonstrated = JsonDocument.Parse(Distzo.Run([.. both, "--num-demos", "2"]).Done()).RootElement;
        Assert.Equal((run.Tiny.Held, 7), (demonstrated.GetProperty("data").GetString(), demonstrated.GetProperty("rows").GetInt32()));
        File.WriteAllText(run.Tiny["demos.yaml"], $"train_file: {run.Tiny.Data}\nnum_demos: 2\n");
        var byRecipe = Distzo.Run(["evaluate", "--model", run.Output, "--config", run.Tiny["demos.yaml"], "--data", run.Tiny.Held, .. Prompt, "--json"]).Done();
        Assert.Equal(JsonDocument.Parse(byRecipe).RootElement.GetProperty("loss").GetDouble(), demonstrated.GetProperty("loss").GetDouble());
        Assert.NotEqual(JsonDocument.Parse(Evaluate("--json").Done()).RootElement.GetProperty("loss").GetDouble(), demonstrated.GetProperty("loss").GetDouble());
    }

    [Fact]
    public void Evaluate_OfAFolderAndAFolderOfHeldOutRows_MeasuresTheLatter()
    {
        foreach (var (folder, file, rows) in new[] { ("a", "train.jsonl", 9), ("a", "dev.jsonl", 3), ("b", "validation.jsonl", 4) })
        {
            Directory.CreateDirectory(run.Tiny[folder]);
            TinyModel.WriteRows(Path.Combine(run.Tiny[folder], file), rows);
        }

        string[] options = ["evaluate", "--model", run.Output, "--num-demos", "2", .. Prompt, "--data", run.Tiny["a"]];
        Assert.StartsWith("3 rows", Distzo.Run(options).Done());
        Assert.StartsWith("4 rows", Distzo.Run([.. options, "--eval-data", run.Tiny["b"]]).Done());
        Assert.StartsWith("7 rows", Distzo.Run([.. options, "--eval-data", run.Tiny.Held]).Done());
    }

    [Fact]
    public void Evaluate_WithDemonstrationsAndOneFile_SaysHowToGiveTheOther() =>
        Assert.Contains("measured rows with --eval-data and those to demonstrate with --data", Evaluate("--num-demos", "2").Problem(2));

    [Fact]
    public void Evaluate_AFlagThatItWouldNotHeed_IsRefused() =>
        Assert.Contains("unknown option '--learning-rate'", Evaluate("--learning-rate", "1").Problem(2));

    private Outcome Evaluate(params string[] more) =>
        Distzo.Run(["evaluate", "--model", run.Output, "--data", run.Tiny.Held, .. Prompt, .. more]);
}
