using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

/// <summary>Weights are a function of base and ledger: however they are made, they are the same bits.</summary>
public class ReplayTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private TinyRun Tiny => run.Tiny;

    [Fact]
    public void Replay_OfTheLastStep_GivesTheTrainedWeights()
    {
        Distzo.Run("replay", run.Ledger, "--model", Tiny.Model, "--output", Tiny["replayed"]).Done();
        Assert.Equal(Tiny.Weights("run"), Tiny.Weights("replayed"));
        Assert.True(File.Exists(Path.Combine(Tiny["replayed"], "tokenizer.json")));
    }

    [Fact]
    public void Export_WithSnapshots_GivesTheTrainedWeights()
    {
        var json = Json(Distzo.Run("export", run.Output, "--output", Tiny["exported"], "--json"));
        Assert.True(json.GetProperty("replayed_from").GetInt32() > 0);
        Assert.Equal(Tiny.Weights("run"), Tiny.Weights("exported"));
    }

    [Fact]
    public void Replay_OfAnEarlierStep_EqualsARunThatEndedThere()
    {
        Tiny.Trained("five", 5);
        Distzo.Run("replay", run.Output, "--step", "5", "--output", Tiny["replayed-five"]).Done();
        Assert.Equal(Tiny.Weights("five"), Tiny.Weights("replayed-five"));
    }

    [Fact]
    public void Replay_OfStepZero_GivesTheBase()
    {
        Distzo.Run("replay", run.Output, "--step", "0", "--output", Tiny["zero"]).Done();
        Assert.Equal(Tiny.Weights("model"), Tiny.Weights("zero"));
    }

    [Fact]
    public void Replay_Digest_IsThatOfTheWrittenModel()
    {
        var replayed = Json(Distzo.Run("replay", run.Output, "--output", Tiny["digest"], "--json"));
        var directory = Json(Distzo.Run("inspect", Tiny["digest"], "--json"));
        var file = Json(Distzo.Run("inspect", Path.Combine(Tiny["digest"], "model.safetensors"), "--json"));
        var digest = replayed.GetProperty("weights_digest").GetString();
        Assert.Equal(digest, directory.GetProperty("weights_digest").GetString());
        Assert.Equal(digest, file.GetProperty("weights_digest").GetString());
        Assert.Equal("float32", replayed.GetProperty("weights_dtype").GetString());
    }

    [Fact]
    public void Replay_InAnotherFormat_SaysSoInTheConfig()
    {
        Distzo.Run("replay", run.Output, "--save-dtype", "bfloat16", "--output", Tiny["half"]).Done();
        Assert.Contains("bfloat16", File.ReadAllText(Path.Combine(Tiny["half"], "config.json")));
        Assert.True(Tiny.Weights("half").Length < Tiny.Weights("run").Length * 0.6);
    }

    [Fact]
    public void Replay_OnAnotherBase_IsRefusedBeforeAnythingIsWritten()
    {
        TinyModel.Write(Tiny["other"], seed: 2);
        var problem = Distzo.Run("replay", run.Ledger, "--model", Tiny["other"], "--output", Tiny["never"]).Problem(2);
        Assert.Contains($"'{Tiny["other"]}' is not the base model", problem);
        Assert.Contains("the base model's weights differ", problem);
        Assert.False(Directory.Exists(Tiny["never"]));
    }

    [Fact]
    public void Export_Best_IsTheStepOfTheBestEvaluation()
    {
        Tiny.Trained("best", TrainedRun.Steps, "--metric-for-best-model", "loss", "--export", "best");
        var json = Json(Distzo.Run("export", Tiny["best"], "--best", "--output", Tiny["exported-best"], "--json"));
        var losses = File.ReadLines(Path.Combine(Tiny["best"], "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("eval_loss", out _));
        var best = losses.MinBy(line => line.GetProperty("eval_loss").GetDouble()).GetProperty("step").GetInt32();
        Assert.Equal(best, json.GetProperty("step").GetInt32());
        Assert.Equal(Tiny.Weights("best"), Tiny.Weights("exported-best"));
    }

    [Theory]
    [InlineData("10")]
    [InlineData("-1")]
    public void Replay_OfAStepThatIsNotThere_NamesTheStepsThatAre(string step) =>
        Assert.Contains("holds the steps 0 to 9", Distzo.Run("replay", run.Output, "--step", step, "--output", Tiny["never"]).Problem(2));

    [Fact]
    public void Replay_IntoTheRunItself_IsRefused() =>
        Assert.Contains("choose another --output", Distzo.Run("replay", run.Output, "--output", run.Output).Problem(2));

    private static JsonElement Json(Outcome outcome) => JsonDocument.Parse(Assert.Single(outcome.Done().TrimEnd().Split('\n'))).RootElement;
}
