using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public class WrittenShareExecutorTests
{
    private static readonly Probe[] Probes = [new(9, 1f), new(9, -1f)];

    private static EncodedExample Sample(int line, params string[] references) =>
        new([2, 3, 4], [new([5, 6], 0)], 0, line) { Text = new SampleText("p", references, "{}") };

    [Fact]
    public void Execute_UnderF1_SumsOneMinusTheScoreInFixedPoint()
    {
        EncodedExample[] samples = [Sample(1, "red green"), Sample(2, "x", "the blue one")];
        var generator = new FakeGenerator((line, scale) => (line, scale) switch
        {
            (1, > 0) => " Red blue yellow",
            (2, > 0) => " blue, one.",
            (1, _) => "",
            _ => "green",
        });
        var executor = new WrittenShareExecutor(generator, new AnswerScorer(exact: false), TimeProvider.System);
        var sums = new ProbeSum[2];

        executor.Execute(0, Probes, samples, sums);

        // 2·1 / (3 + 2) = 0.4 and 1; then 0 and 0.
        FixedPoint.TryRound(1 - 0.4, out long first);
        Assert.Equal([new ProbeSum(first, false), new ProbeSum(2 * FixedPoint.One, false)], sums);
        Assert.Equal((6L, 2), (executor.Tokens, executor.Terms));
    }

    [Fact]
    public void Execute_InParts_AddsUpToTheWhole()
    {
        EncodedExample[] samples = [.. Enumerable.Range(1, 9).Select(line => Sample(line, "a b c d", "e f g"))];
        var generator = new FakeGenerator((line, scale) => string.Join(' ', "abcdefghij".Take(line + (scale > 0 ? 1 : 0))));
        var executor = new WrittenShareExecutor(generator, new AnswerScorer(exact: false), TimeProvider.System);
        var (whole, part) = (new ProbeSum[2], new ProbeSum[1]);
        executor.Execute(3, Probes, samples, whole);
        for (int p = 0; p < 2; p++)
        {
            long sum = 0;
            foreach (var range in new[] { 0..4, 4..5, 5..9 })
            {
                executor.Execute(3, [Probes[p]], samples.AsSpan(range), part);
                sum += part[0].Sum;
            }
            Assert.Equal(whole[p].Sum, sum);
        }
        Assert.NotEqual(whole[0], whole[1]);
    }

    [Fact]
    public void Execute_UnderExactMatch_CountsErrors()
    {
        var executor = new WrittenShareExecutor(new FakeGenerator((line, _) => line == 1 ? "The End!" : "start"), new AnswerScorer(exact: true), TimeProvider.System);
        var sums = new ProbeSum[2];

        executor.Execute(0, Probes, [Sample(1, "end"), Sample(2, "end"), Sample(3, "end")], sums);

        Assert.All(sums, sum => Assert.Equal(new ProbeSum(2 * FixedPoint.One, false), sum));
    }

    [Fact]
    public void Execute_OfAScoreBeyondFixedPoint_IsFlagged()
    {
        var executor = new WrittenShareExecutor(new FakeGenerator((_, _) => ""), new FakeScorer(-1024), TimeProvider.System);
        var sums = new ProbeSum[2];

        executor.Execute(0, Probes, [Sample(1, "x")], sums);

        Assert.All(sums, sum => Assert.Equal(new ProbeSum(0, true), sum));
    }

    [Fact]
    public void Execute_OfWeightsThatDiverged_FlagsTheProbeAlone()
    {
        var executor = new WrittenShareExecutor(
            new FakeGenerator((line, scale) => line == 2 && scale > 0 ? null : "x"), new AnswerScorer(exact: true), TimeProvider.System);
        var sums = new ProbeSum[2];

        executor.Execute(0, Probes, [Sample(1, "y"), Sample(2, "y"), Sample(3, "x")], sums);

        Assert.Equal([new ProbeSum(0, true), new ProbeSum(2 * FixedPoint.One, false)], sums);
    }

    [Fact]
    public void Execute_WithAProgram_LosesNothingOfItsScores()
    {
        using var scorer = new CommandScorer(["sh", "-c", "while read -r line; do echo 0.1; done"], 0, TimeSpan.FromMinutes(3));
        var executor = new WrittenShareExecutor(new FakeGenerator((line, scale) => $"{line * scale}"), scorer, TimeProvider.System);
        var sums = new ProbeSum[2];

        executor.Execute(0, Probes, [Sample(1, "x"), Sample(2, "y")], sums);

        FixedPoint.TryRound(1 - 0.1, out long term);
        Assert.All(sums, sum => Assert.Equal(new ProbeSum(2 * term, false), sum));
        Assert.True(executor.ScoringTime > TimeSpan.Zero);
    }

    [Fact]
    public void Require_OfAProgramThatIsNotAllowed_NamesIt()
    {
        var recipe = Recipe.Default.With(RecipeKeys.Objective, new RecipeObjective(ObjectiveKind.Command, ["rm", "-rf", "x"]));

        var error = Assert.Throws<BadInputException>(() => TextScorers.Require(recipe, allowsCommand: false));

        Assert.StartsWith("objective: it would run the program 'rm -rf x' on this machine; allow that with --allow-command", error.Message);
        Assert.Throws<BadInputException>(() => TextScorers.Create(recipe, allowsCommand: false));
        TextScorers.Require(recipe, allowsCommand: true);
        TextScorers.Require(Recipe.Default, allowsCommand: false);
    }
}
