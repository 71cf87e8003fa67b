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

    [Fact]
    public void Evaluate_AFlagThatItWouldNotHeed_IsRefused() =>
        Assert.Contains("unknown option '--learning-rate'", Evaluate("--learning-rate", "1").Problem(2));

    private Outcome Evaluate(params string[] more) =>
        Distzo.Run(["evaluate", "--model", run.Output, "--data", run.Tiny.Held, .. Prompt, .. more]);
}
