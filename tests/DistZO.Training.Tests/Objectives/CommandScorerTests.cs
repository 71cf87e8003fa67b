using DistZO.Devices;

namespace DistZO.Training.Tests;

public sealed class CommandScorerTests : IDisposable
{
    private const string Constant = "while read -r line; do echo 0.25; done";

    /// <summary>A program that is to answer has all the time that a busy machine may take to start it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Score_ReadsANumberForEveryLine_AndKeepsTheProgramRunning()
    {
        using var scorer = Shell("while read -r line; do case $line in *good*) echo 1e0;; *) echo ' -0.5 ';; esac; done");
        Assert.Equal([1, -0.5, 1], Scores(scorer, 0, "good", "bad", "good"));
        Assert.Equal([-0.5], Scores(scorer, 1, "bad"));
        Assert.Equal([], Scores(scorer, 2));
    }

    [Fact]
    public void Score_OfMoreThanPipesHold_DoesNotLock()
    {
        using var scorer = Shell(Constant);
        string[] answers = [.. Enumerable.Range(0, 3000).Select(_ => new string('x', 1000))];
        Assert.All(Scores(scorer, 0, answers), score => Assert.Equal(0.25, score));
    }

    [SkippableFact]
    public void Score_GivesTheProgramPromptGenerationReferencesAndRow()
    {
        Skip.IfNot(File.Exists("/usr/bin/python3"), "python3 is not installed");
        const string Script =
            """
            import json, sys
            for line in sys.stdin:
                it = json.loads(line)
                right = it["prompt"] == "p\n😀" and it["references"] == ["r", "é"] and it["row"] == {"n": [1, 2.50], "t": "ü\n"}
                print(len(it["generation"]) if right and list(it) == ["prompt", "generation", "references", "row"] else -1, flush=True)
            """;
        var row = Row(7) with { Text = new SampleText("p\n😀", ["r", "é"], "{\"n\":[1, 2.50],\"t\":\"ü\\n\"}") };
        using var scorer = new CommandScorer(["/usr/bin/python3", "-c", Script], 0, Patience);
        double[] scores = new double[2];
        scorer.Score(0, [row.With("a\n\"b\" 😀"), row.With("")], scores);
        Assert.Equal([7, 0], scores);
    }

    [Theory]
    [InlineData("read -r line; echo 1; echo 'no such key' >&2; exit 3", "ended with exit code 3 after 1 of 2 scores; its last words: no such key")]
    [InlineData("exit 0", "ended with exit code 0 after 0 of 2 scores")]
    [InlineData("kill -9 $$", "ended with exit code 137 after 0 of 2 scores")]
    [InlineData("while read -r line; do echo great; done", "answered 'great' for line 1 of the data, which is not a number")]
    [InlineData("while read -r line; do echo; done", "answered '' for line 1 of the data, which is not a number")]
    [InlineData("while read -r line; do echo 1,5; done", "answered '1,5' for line 1 of the data, which is not a number")]
    [InlineData("while read -r line; do echo NaN; done", "answered 'NaN' for line 1 of the data, which is not finite")]
    [InlineData("while read -r line; do echo 1e999; done", "answered '1e999' for line 1 of the data, which is not finite")]
    [InlineData("while read -r line; do echo -1001; done", "answered '-1001' for line 1 of the data, which is more than 1000 in size")]
    public void Score_OfAProgramThatFails_NamesItAndWhy(string script, string expected)
    {
        using var scorer = Shell(script);
        var error = Assert.Throws<RunFailedException>(() => Scores(scorer, 0, "a", "b"));
        Assert.StartsWith("the scoring program 'sh -c ", error.Message);
        Assert.Contains(expected, error.Message);
    }

    /// <summary>It never says a word, so however slow the machine is, the limit is reached with none.</summary>
    [Fact]
    public void Score_OfASilentProgram_TimesOut()
    {
        using var scorer = new CommandScorer(["sh", "-c", "exec sleep 1000"], 0, TimeSpan.FromSeconds(0.2));
        var error = Assert.Throws<RunFailedException>(() => Scores(scorer, 0, "a", "b"));
        Assert.Contains("has been silent for 0.2 s, after 0 of 2 scores; does it flush its output?", error.Message);
    }

    [Fact]
    public void Exchange_WithAProgramThatFallsSilent_TimesOutAtTheNextLine()
    {
        using var program = new ScoringProcess(["sh", "-c", "read -r line; echo 1; exec sleep 1000"], whileWaiting: null);
        using (var answered = program.Exchange("a\n"u8.ToArray(), 1, Patience)) Assert.Equal("1", answered.Next());
        using var silent = program.Exchange("b\n"u8.ToArray(), 1, TimeSpan.FromSeconds(0.2));
        Assert.Contains("has been silent for 0.2 s, after 0 of 1 scores", Assert.Throws<RunFailedException>(() => silent.Next()).Message);
    }

    [Fact]
    public void Score_WhileTheProgramIsSilent_SaysThatItWaits()
    {
        var waited = 0;
        using var scorer = new CommandScorer(["sh", "-c", "read -r line; sleep 2; echo 1"], 0, TimeSpan.FromSeconds(60), () => waited++);
        Assert.Equal([1], Scores(scorer, 0, "a"));
        Assert.InRange(waited, 2, 60);
    }

    [Fact]
    public void Score_OfAProgramThatSaysMoreThanItIsAsked_IsFound()
    {
        using var scorer = Shell("while read -r line; do echo 1; echo 1; done");
        var error = Assert.Throws<RunFailedException>(() =>
        {
            for (int i = 0; i < 100; i++) Scores(scorer, 0, "a");
        });
        Assert.Contains("printed '1', which nobody asked for", error.Message);
    }

    [Fact]
    public void Score_ThatDependsOnMoreThanItsLine_IsFound()
    {
        int step = Enumerable.Range(0, 100_000).First(step => RepeatedLines.Contains(0, step, 2));
        using var scorer = Shell("n=0; while read -r line; do n=$((n+1)); echo $n; done");
        var error = Assert.Throws<RunFailedException>(() => Scores(scorer, step, "a", "b", "c"));
        Assert.Contains($"gave 2 and then ", error.Message);
        Assert.Contains($"for the same line (step {step}, line 2 of the data)", error.Message);
    }

    [Fact]
    public void RepeatedLines_AreOneInAHundred_TheSameEveryTime()
    {
        var chosen = Enumerable.Range(0, 1000).SelectMany(step => Enumerable.Range(1, 100).Select(line => RepeatedLines.Contains(3, step, line))).ToList();
        Assert.InRange(chosen.Count(repeated => repeated), 900, 1100);
        Assert.NotEqual(chosen[..1000], [.. Enumerable.Range(1, 1000).Select(line => RepeatedLines.Contains(4, 0, line))]);
    }

    [Fact]
    public void Start_OfNoProgram_IsBadInput()
    {
        var error = Assert.Throws<BadInputException>(() => new CommandScorer(["no-such-program", "x"], 0, TimeSpan.FromSeconds(1)));
        Assert.StartsWith("objective: the scoring program 'no-such-program x' cannot be started", error.Message);
    }

    [Fact]
    public void Dispose_EndsEvenAProgramThatDoesNotListen()
    {
        string file = _folder["pid"];
        using (var scorer = Shell($"echo $$ > {file}; read -r line; echo 1; exec sleep 1000")) Scores(scorer, 0, "a");
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(file).Trim()}"));
    }

    private static CommandScorer Shell(string script) => new(["sh", "-c", script], 0, Patience);

    private static double[] Scores(CommandScorer scorer, long step, params string[] generations)
    {
        double[] scores = new double[generations.Length];
        scorer.Score(step, [.. generations.Select((text, i) => Row(i + 1).With(text))], scores);
        return scores;
    }

    private static TestRow Row(int line) => new(line, new SampleText("p", ["r"], "{}"));

    private sealed record TestRow(int Line, SampleText Text)
    {
        public WrittenAnswer With(string generation) => new(new EncodedExample([2], [new([5], 0)], 0, Line) { Text = Text }, generation);
    }
}
