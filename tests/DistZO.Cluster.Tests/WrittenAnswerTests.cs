using System.Text.Json;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cluster.Tests;

/// <summary>Answers that the model writes are scored to the same bits, however many workers share the rows.</summary>
public sealed class WrittenAnswerTests : IDisposable
{
    private readonly RunFiles _files = new();

    public WrittenAnswerTests()
    {
        Write(_files.Data, [.. Enumerable.Range(0, 12).Select(i => $"a{i}")]);
        Write(_files.Held, [.. Enumerable.Range(0, 7).Select(i => $"b{i}")]);
        // What the base model writes is a part of the right answers, so that scores lie between 0 and 1.
        using var inputs = _files.Open(Recipe("auto"));
        using var scoring = TextScoring.Create(inputs.Recipe, inputs.Model, inputs.Checkpoint, new UpdateHistory(), allowsCommand: false);
        var written = new List<string>();
        new Evaluator(inputs.Model, new UpdateHistory(), scoring).Run(0, inputs.Evaluation!, .., prediction => written.Add(prediction.Answer!.Text!));
        Write(_files.Held, [.. written.Select((text, i) => text + string.Concat(Enumerable.Repeat(" x", i % 3)))]);
    }

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(1, "auto")]
    [InlineData(2, "auto")]
    [InlineData(3, "auto")]
    [InlineData(1, "f1")]
    [InlineData(3, "f1")]
    [InlineData(2, "exact_match")]
    [InlineData(2, "{command: [sh, -c, 'while read -r line; do echo ${#line}e-3; done']}")]
    public void Run_OverWorkers_ScoresAsOneProcess(int workers, string objective)
    {
        var recipe = Recipe(objective);
        using var cluster = new SimulatedCluster(_files, recipe) { MinWorkers = workers };
        for (var i = 0; i < workers; i++) cluster.Add();
        Assert.Equal(RunOutcome.Completed, cluster.RunToTheEnd().Outcome);
        cluster.AssertSameAsAlone();

        var status = cluster.Engine!.Describe();
        Assert.Equal([.. recipe.AnswerMetrics, "loss", "perplexity"], status.Evaluation!.Metrics.Keys);
        var score = cluster.Engine.Evaluations[0].Values[0];
        Assert.Equal(recipe.AnswerMetrics[0], score.Key);
        Assert.InRange(score.Value, 0.01, 0.99);
        Assert.Contains($"\"eval_{score.Key}\":", File.ReadLines(cluster.Directory.Metrics).First());
    }

    [Fact]
    public void Report_WithoutItsScores_CountsForNothing()
    {
        using var cluster = new SimulatedCluster(_files, Recipe("auto")) { MinWorkers = 2 };
        cluster.Add().Tamper = message => [message is EvaluationDone done ? done with { Result = WithoutAnswers(done.Result) } : message];
        cluster.Add();
        cluster.RunToTheEnd();
        cluster.AssertSameAsAlone();
    }

    private static EvaluationResult WithoutAnswers(EvaluationResult result) =>
        new(result.Step, result.Rows, result.LossSum, result.Terms, result.Flagged, result.Undecided, result.Confusion);

    private Recipe Recipe(string objective) => _files.Recipe(4, ("objective", objective), ("max-new-tokens", "6"), ("eval-steps", "2"), ("zo-eps", "0.05"))
        .With(RecipeKeys.Prompt, null).With(RecipeKeys.Choices, null).With(RecipeKeys.Task, TaskName.Squad);

    private static void Write(string path, string[] answers) => File.WriteAllLines(path, answers.Select((answer, i) =>
        JsonSerializer.Serialize(new { title = "T", context = $"C{i}", question = "Q?", answers = new { text = new[] { answer, "the b" } } })));
}
