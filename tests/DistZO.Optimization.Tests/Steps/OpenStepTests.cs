using DistZO.Devices;

namespace DistZO.Optimization.Tests;

public class OpenStepTests
{
    private const ulong Incarnation = 11;
    private static readonly ChainHash Chain = new(22);

    [Fact]
    public void Step_CutInAnyWay_AddsUpToTheSameRecord()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var recipe = Recipe.Default.With(RecipeKeys.NumDirections, random.Next(1, 5)).With(RecipeKeys.BatchSize, random.Next(1, 20));
            var grid = WorkGrid.Of(recipe);
            var losses = new ProbeSum[grid.Probes, grid.Samples];
            var terms = Enumerable.Range(0, grid.Samples).Select(_ => random.Next(1, 50)).ToArray();
            for (var p = 0; p < grid.Probes; p++)
            {
                for (var s = 0; s < grid.Samples; s++)
                {
                    var largest = terms[s] * (1L << 42);
                    losses[p, s] = new(random.NextInt64(-largest, largest), false);
                }
            }

            if (random.Next(4) == 0) losses[random.Next(grid.Probes), random.Next(grid.Samples)] = new(123, true);
            var method = new MezoSgd(recipe);
            var whole = new OpenStep(grid, Incarnation, round, Chain);
            Assert.Equal(ReportVerdict.Accepted, whole.Accept(Report(grid.Whole, losses, terms, round)));
            var expected = whole.Commit(method);

            var shares = Cut(grid.Whole, random).ToArray();
            random.Shuffle(shares);
            var step = new OpenStep(grid, Incarnation, round, Chain);
            foreach (var share in shares)
            {
                Assert.False(step.IsComplete);
                Assert.Equal(ReportVerdict.Accepted, step.Accept(Report(share, losses, terms, round)));
            }

            Assert.True(step.IsComplete);
            Assert.Equal(expected, step.Commit(method));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(100, 1)]
    [InlineData(3, 100)]
    public void Split_OfAGrid_CoversEveryCellOnce(int probeParts, int sampleParts)
    {
        var grid = new WorkGrid(6, 10);
        var shares = grid.Split(probeParts, sampleParts);
        Assert.Equal(60, shares.Sum(s => s.Probes * s.Samples));
        Assert.All(shares, s => Assert.True(grid.Contains(s)));
        for (var i = 0; i < shares.Length; i++) Assert.DoesNotContain(shares.Skip(i + 1), shares[i].Overlaps);
    }

    [Fact]
    public void Report_OfOtherWeights_IsStale()
    {
        var report = Simple(new Share(0, 2, 0, 4), 5);
        Assert.Equal(ReportVerdict.Stale, Open().Accept(report with { Incarnation = 0 }));
        Assert.Equal(ReportVerdict.Stale, Open().Accept(report with { Step = 4 }));
        Assert.Equal(ReportVerdict.Stale, Open().Accept(report with { Chain = default }));
        Assert.Equal(ReportVerdict.Accepted, Open().Accept(report with { Session = 99 }));
    }

    [Fact]
    public void Report_OfAnIdenticalRectangle_IsCompared()
    {
        var step = Open();
        var report = Simple(new Share(0, 1, 0, 4), 5);
        Assert.Equal(ReportVerdict.Accepted, step.Accept(report));
        Assert.Equal(ReportVerdict.SameAgain, step.Accept(report with { Session = 3, Sums = [new(5, false)] }));
        Assert.Equal(ReportVerdict.Differs, step.Accept(report with { Sums = [new(6, false)] }));
        Assert.Equal(ReportVerdict.Differs, step.Accept(report with { Terms = 5 }));
        Assert.Equal(ReportVerdict.Overlaps, step.Accept(Simple(new Share(0, 2, 3, 4), 5)));
        Assert.Equal(4, step.Remaining);
    }

    [Fact]
    public void Report_ThatNoSoundRankSends_IsMalformed()
    {
        var step = Open();
        Share[] impossible = [new(0, 3, 0, 4), new(-1, 1, 0, 4), new(0, 0, 0, 4), new(1, 0, 0, 4), new(0, 2, 0, 5), new(0, 2, 2, 2)];
        foreach (var share in impossible)
        {
            var sums = new ProbeSum[Math.Max(0, share.Probes)];
            Assert.Equal(ReportVerdict.Malformed, step.Accept(new(Incarnation, 1, 0, Chain, share, sums, 4)));
        }

        var whole = Simple(new Share(0, 2, 0, 4), 5);
        Assert.Equal(ReportVerdict.Malformed, step.Accept(whole with { Sums = [new(0, false)] }));
        Assert.Equal(ReportVerdict.Malformed, step.Accept(whole with { Terms = -1 }));
        Assert.Equal(ReportVerdict.Malformed, step.Accept(whole with { Terms = OpenStep.MostTerms + 1 }));
        Assert.Equal(ReportVerdict.Malformed, step.Accept(whole with { Sums = [new(long.MinValue, false), new(0, false)] }));
        Assert.Equal(8, step.Remaining);
    }

    [Fact]
    public void Probes_WithUnequalTerms_FailTheRun()
    {
        var step = Open();
        step.Accept(Simple(new Share(0, 1, 0, 4), 5));
        step.Accept(Simple(new Share(1, 2, 0, 4), 5) with { Terms = 7 });
        var e = Assert.Throws<RunFailedException>(() => step.Commit(new MezoSgd(Recipe.Default)));
        Assert.Contains("from 4 to 7 loss terms", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Commit_OfAnIncompleteStep_IsACallersMistake() =>
        Assert.Throws<InvalidOperationException>(() => Open().Commit(new MezoSgd(Recipe.Default)));

    private static OpenStep Open() => new(new WorkGrid(2, 4), Incarnation, 0, Chain);

    private static ShareReport Simple(Share share, long sum) =>
        new(Incarnation, 1, 0, Chain, share, [.. Enumerable.Repeat(new ProbeSum(sum, false), share.Probes)], 4);

    private static ShareReport Report(Share share, ProbeSum[,] losses, int[] terms, long step)
    {
        var sums = new ProbeSum[share.Probes];
        for (var p = 0; p < sums.Length; p++)
        {
            for (var s = share.SampleStart; s < share.SampleEnd; s++)
            {
                var cell = losses[share.ProbeStart + p, s];
                sums[p] = new(sums[p].Sum + cell.Sum, sums[p].Flagged || cell.Flagged);
            }
        }

        return new(Incarnation, 1, step, Chain, share, sums, terms[share.SampleStart..share.SampleEnd].Sum());
    }

    private static IEnumerable<Share> Cut(Share share, Random random)
    {
        var probes = random.Next(2) == 0;
        var length = probes ? share.Probes : share.Samples;
        if (length < 2 || random.Next(5) == 0) return [share];
        var at = random.Next(1, length);
        var (a, b) = probes
            ? (share with { ProbeEnd = share.ProbeStart + at }, share with { ProbeStart = share.ProbeStart + at })
            : (share with { SampleEnd = share.SampleStart + at }, share with { SampleStart = share.SampleStart + at });
        return Cut(a, random).Concat(Cut(b, random));
    }
}
