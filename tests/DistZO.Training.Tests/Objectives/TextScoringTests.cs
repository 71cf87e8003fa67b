using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training.Tests;

public class TextScoringTests
{
    private static EncodedExample Sample(int line, params string[] references) =>
        new([2, 3, 4], [new([5, 6], 0)], 0, line) { Text = new SampleText("p", references, null) };

    [Fact]
    public void Evaluate_GivesEachAnswerItsTextAndAllScores()
    {
        EncodedExample[] samples = [Sample(1, "red green"), Sample(2, "x"), Sample(3, "x", "the blue one")];
        var generator = new FakeGenerator((line, scale) => scale != 0 ? "perturbed" : line switch { 1 => " Red blue yellow", 2 => null, _ => "Blue one." });
        using var scoring = new TextScoring(generator, [new AnswerScorer(exact: false), new AnswerScorer(exact: true)]);

        var answers = scoring.Evaluate(7, samples);

        Assert.Equal(["f1", "exact_match"], scoring.Names);
        Assert.Equal([" Red blue yellow", null, "Blue one."], answers.Select(answer => answer.Text));
        Assert.Equal([[0.4, 0], [], [1, 1]], answers.Select(answer => answer.Scores.ToArray()));
        FixedPoint.TryRound(0.4, out long first);
        var total = scoring.Total(answers);
        Assert.Equal([first + FixedPoint.One, FixedPoint.One], total.Sums);
        Assert.Equal(1, total.Unwritten);
        // In any parts and order the same sums.
        var parts = answers.Reverse().Select(answer => scoring.Total([answer])).Aggregate(scoring.Total([]), (sum, part) => sum.Add(part));
        Assert.Equal(total.Sums, parts.Sums);
        Assert.Equal(total.Unwritten, parts.Unwritten);
    }

    [Theory]
    [InlineData(ObjectiveKind.F1, "f1")]
    [InlineData(ObjectiveKind.ExactMatch, "exact_match")]
    public void ScorerOf_AnObjective_IsTheOneOfItsName(ObjectiveKind kind, string name)
    {
        using var scoring = new TextScoring(new FakeGenerator((_, _) => ""), TextScorers.Create(Recipe.Default.With(RecipeKeys.Task, TaskName.Squad), false));
        Assert.Equal(name, scoring.ScorerOf(new RecipeObjective(kind)).Name);
    }

    [Fact]
    public void Scorers_OfARecipe_AreCalledAsItsMetrics()
    {
        var command = new RecipeObjective(ObjectiveKind.Command, ["cat"]);
        Recipe[] recipes =
        [
            Recipe.Default, Recipe.Default.With(RecipeKeys.Task, TaskName.Drop), Recipe.Default.With(RecipeKeys.Objective, new RecipeObjective(ObjectiveKind.ExactMatch)),
            Recipe.Default.With(RecipeKeys.Objective, command), Recipe.Default.With(RecipeKeys.Task, TaskName.Squad).With(RecipeKeys.Objective, command),
        ];
        Assert.All(recipes, recipe =>
        {
            var scorers = TextScorers.Create(recipe, allowsCommand: true);
            Assert.Equal(recipe.AnswerMetrics, scorers.Select(scorer => scorer.Name));
            foreach (var scorer in scorers) scorer.Dispose();
        });
    }

    [Fact]
    public void Dispose_EndsTheScorers()
    {
        FakeScorer[] scorers = [new(0), new(1)];
        new TextScoring(new FakeGenerator((_, _) => ""), scorers).Dispose();
        Assert.All(scorers, scorer => Assert.True(scorer.IsDisposed));
    }

    [Fact]
    public void TokensHeld_BehindATrainedPrefix_CountItsVirtualTokens()
    {
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder["model"], seed: 1);
        using var checkpoint = Checkpoint.Open(folder["model"]);
        using var device = CpuDevice.Open(1);
        var recipe = Recipe.Default.WithFlags([("train", "prefix"), ("num-virtual-tokens", "9")]);
        using var model = ModelLoader.Load(device, checkpoint, TrainedParts.Of(recipe, checkpoint), WeightType.Float32, seed: 0);
        var generator = new ModelTextGenerator(model, checkpoint, new UpdateHistory(), newTokens: 20, stopAt: null, beforeBlock: null);
        Assert.Equal(9 + 3 + 20, generator.TokensHeld(Sample(1, "x")));
    }
}
