using DistZO.Cli.Terminal;

namespace DistZO.Coordinator.Tests;

public sealed class ClusterTextTests
{
    [Theory]
    [InlineData("waiting")]
    [InlineData("one")]
    [InlineData("eight")]
    [InlineData("thousand")]
    [InlineData("finished")]
    [InlineData("failed")]
    public async Task Lines_AtAnyWidth_FitIt(string scene)
    {
        foreach (var width in (int[])[20, 40, 60, 79, 100, 132, 200])
        {
            var lines = await Lines(FakeScenes.Of(scene), width);
            Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} > {width}: {line}"));
        }
    }

    [Fact]
    public async Task Lines_OfARun_SayWhatMatters()
    {
        var text = string.Join('\n', await Lines(FakeScenes.Of("eight"), 120));
        Assert.StartsWith("training  models/opt-125m  run c0ffee5e  step 11482 on 8 workers\n", text, StringComparison.Ordinal);
        Assert.Contains("step 11,482 of 20,000, 7 skipped  3:14:30 left", text, StringComparison.Ordinal);
        Assert.Contains("1 : 4,245,417 of the model's 501 MB", text, StringComparison.Ordinal);
        Assert.Contains("distzo fork output/run.zol --step 4300", text, StringComparison.Ordinal);
        Assert.Contains("a atlas", text, StringComparison.Ordinal);
        Assert.Contains("catching up", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_OnANarrowTerminal_BreakTheCommandAndCutNoneOfIt()
    {
        var text = string.Concat(await Lines(FakeScenes.Of("eight"), 30));
        Assert.Contains("distzo fork output/run.zol --step 4300 --output output-2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_OfAGrid_HaveEveryCellOfEveryShare()
    {
        var lines = await Lines(FakeScenes.Of("eight"), 100);
        var grid = lines.SkipWhile(line => !line.StartsWith("step 11,482:", StringComparison.Ordinal)).Skip(1).Take(8).ToList();
        Assert.All(grid, row => Assert.Equal(64, row.Trim().Length));
        Assert.All(grid, row => Assert.DoesNotContain(' ', row.Trim()));
        Assert.Equal(new string('a', 64), grid[0].Trim());
        Assert.Contains('!', string.Concat(grid));
        Assert.Contains('H', string.Concat(grid));
    }

    [Fact]
    public async Task Lines_OfAThousandWorkersOnAScreen_ShowThoseWithTroubleAndCountTheRest()
    {
        var run = FakeScenes.Of("thousand");
        run.Workers[777] = run.Workers[777] with { State = WorkerState.Hung };
        var lines = await Lines(run, 100, height: 40);
        Assert.True(lines.Count <= 40, $"{lines.Count} lines");
        Assert.Contains(lines, line => line.Contains("node-0777", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("and 9", StringComparison.Ordinal) && line.EndsWith(" more", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_InColour_HaveTheTextOfPlainOnes()
    {
        var plain = await Lines(FakeScenes.Of("eight"), 100);
        var colour = await Lines(FakeScenes.Of("eight"), 100, colour: true);
        Assert.Equal(plain, colour.Select(line => System.Text.RegularExpressions.Regex.Replace(line, "\u001b\\[[0-9;]*m", "")));
        Assert.Contains(colour, line => line.StartsWith(Ansi.Yellow, StringComparison.Ordinal) && line.Contains("castor", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\u001b[2Jgone", "?[2Jgone")]
    [InlineData("a\r\nb\tc", "a??b?c")]
    [InlineData("\u202eevil", "?evil")]
    [InlineData("\u009b31m", "?31m")]
    [InlineData("\ufffdx", "?x")]
    [InlineData("zürich-東京", "zürich-東京")]
    public void Words_FromAWorker_HoldNothingThatATerminalObeys(string words, string shown) => Assert.Equal(shown, ClusterWords.Fit(words, 40));

    [Fact]
    public async Task Lines_WithAControlSequenceInEveryName_HaveNone()
    {
        var run = FakeScenes.Of("eight");
        run.Workers = [.. run.Workers.Select(worker => worker with { Name = "\u001b]0;x\u0007" + worker.Name, Words = "\u001b[2J" })];
        run.Message = "\u001b[31m";
        Assert.All(await Lines(run, 120), line => Assert.DoesNotContain('\u001b', line));
    }

    private static async Task<IReadOnlyList<string>> Lines(FakeRun run, int width, int? height = null, bool colour = false)
    {
        var monitor = new FakeRunMonitor(run);
        return ClusterText.Lines(await monitor.Status(), await monitor.Workers(), await monitor.Events(0), width, height, colour);
    }
}
