using DistZO.Coordinator;
using DistZO.Optimization;

namespace DistZO.Cluster.Tests.Scheduling;

/// <summary>However the ranks are, each cell of the grid is given to one of them.</summary>
public sealed class WorkPlannerTests
{
    private static readonly string[] Parallelisms = ["auto", "dp", "pertp", "2d", "2x2", "3x1"];

    [Fact]
    public void Plan_OfRandomRanks_CoversEveryCellOnce()
    {
        var random = new Random(1);
        for (var round = 0; round < 3000; round++)
        {
            var grid = new WorkGrid(2 * random.Next(1, 9), random.Next(1, 40));
            var ranks = Enumerable.Range(0, random.Next(1, 14))
                .Select(_ => new RankSpeed(random.NextDouble() * Math.Pow(10, random.Next(-6, 1)), Math.Pow(10, random.NextDouble() * 6 - 6))).ToArray();
            var wanted = Parallelism.Parse(Parallelisms[round % Parallelisms.Length])!.Value;
            AssertCovers(grid, WorkPlanner.Plan(grid, wanted, ranks), ranks.Length);
        }
    }

    [Theory]
    [InlineData("dp")]
    [InlineData("auto")]
    public void Plan_OfFastAndSlowRanks_IsProportionalToTheirSpeed(string parallelism)
    {
        var grid = new WorkGrid(2, 1000);
        RankSpeed[] ranks = [new(1e-9, 1e-3), new(1e-9, 2e-3), new(1e-9, 4e-3), new(1e-9, 1e-3)];
        var samples = WorkPlanner.Plan(grid, Parallelism.Parse(parallelism)!.Value, ranks).Shares.Select(share => share!.Value.Share.Samples).ToArray();
        // 4 : 2 : 1 : 4 of 1000, to the sample.
        foreach (var (expected, actual) in new[] { 363.6, 181.8, 90.9, 363.6 }.Zip(samples)) Assert.InRange(actual, expected - 1.5, expected + 1.5);
    }

    [Fact]
    public void Plan_OfEqualRanksWithNoise_GivesThemEqualShares()
    {
        var random = new Random(2);
        for (var round = 0; round < 500; round++)
        {
            // As measured: each 5% off at most, in either direction, on the same machine.
            RankSpeed[] ranks = [.. Enumerable.Range(0, 4).Select(_ => new RankSpeed(1e-4, 1e-3 * (1 + ((random.NextDouble() - 0.5) * 0.05))))];
            var plan = WorkPlanner.Plan(new WorkGrid(2, 64), Parallelism.Parse("dp")!.Value, ranks);
            Assert.All(plan.Shares, share => Assert.Equal(16, share!.Value.Share.Samples));
        }
    }

    [Fact]
    public void Plan_WithARankThatIsNoHelp_LeavesItIdle()
    {
        RankSpeed[] ranks = [new(1e-3, 1e-3), new(1e-3, 1e-3), new(60, 1)];
        var plan = WorkPlanner.Plan(new WorkGrid(2, 8), Parallelism.Parse("auto")!.Value, ranks);
        Assert.Null(plan.Shares[2]);
        AssertCovers(new WorkGrid(2, 8), plan, 3);
    }

    [Fact]
    public void Plan_OfMoreRanksThanCells_LeavesTheRestIdle()
    {
        var ranks = Enumerable.Repeat(new RankSpeed(1e-9, 1), 9).ToArray();
        var plan = WorkPlanner.Plan(new WorkGrid(2, 3), Parallelism.Parse("auto")!.Value, ranks);
        Assert.Equal(6, plan.Shares.Count(share => share is not null));
        AssertCovers(new WorkGrid(2, 3), plan, 9);
    }

    [Fact]
    public void Plan_OfAnyGridAndRanks_CoversEveryCellOnce()
    {
        var random = new Random(7);
        string[] splits = ["auto", "pertp", "dp", "2d", "1x1", "2x3", "3x2"];
        for (var round = 0; round < 2_000; round++)
        {
            var grid = new WorkGrid(2 * random.Next(1, 6), random.Next(1, 40));
            var ranks = Enumerable.Range(0, random.Next(1, 20))
                .Select(_ => new RankSpeed(random.NextDouble() * random.Next(0, 3), Math.Pow(10, (random.NextDouble() * 4) - 3))).ToList();
            var split = Parallelism.Parse(splits[random.Next(splits.Length)])!.Value;
            var plan = WorkPlanner.Plan(grid, split, ranks);
            var shares = plan.Shares.OfType<PlannedShare>().Select(planned => planned.Share).ToList();
            Assert.Equal(ranks.Count, plan.Shares.Count);
            Assert.All(shares, share => Assert.True(grid.Contains(share)));
            Assert.Equal((long)grid.Probes * grid.Samples, shares.Sum(share => (long)share.Probes * share.Samples));
            for (var i = 0; i < shares.Count; i++) Assert.DoesNotContain(shares.Skip(i + 1), shares[i].Overlaps);
            Assert.True(double.IsFinite(plan.Seconds));
        }
    }

    [Fact]
    public void Plan_ForEqualRanks_IsEqualInSpiteOfNoise()
    {
        var random = new Random(3);
        for (var round = 0; round < 100; round++)
        {
            var ranks = Enumerable.Range(0, 4).Select(_ => new RankSpeed(0.01, 0.1 * (1 + ((random.NextDouble() - 0.5) / 20)))).ToList();
            var plan = WorkPlanner.Plan(new WorkGrid(2, 16), new Parallelism(ParallelismKind.Dp), ranks);
            Assert.All(plan.Shares, share => Assert.Equal(4, share!.Value.Share.Samples));
        }
    }

    [Fact]
    public void Plan_ForRanksOfDifferentSpeed_IsInProportion()
    {
        RankSpeed[] ranks = [new(0, 1), new(0, 0.5), new(0, 0.25)];
        var plan = WorkPlanner.Plan(new WorkGrid(2, 70), new Parallelism(ParallelismKind.Dp), ranks);
        Assert.Equal([10, 20, 40], plan.Shares.Select(share => share!.Value.Share.Samples));
    }

    [Fact]
    public void Plan_WhereMakingZIsDear_SplitsDirections()
    {
        // Four directions, one sample: whoever computes one direction makes one z, not four.
        var ranks = Enumerable.Repeat(new RankSpeed(1, 0.1), 4).ToList();
        var plan = WorkPlanner.Plan(new WorkGrid(8, 8), Parallelism.Auto, ranks);
        Assert.Equal((4, 1), (plan.P, plan.D));
    }

    [Fact]
    public void Plan_ForARankWhoseZAloneTakesTooLong_LeavesItIdle()
    {
        RankSpeed[] ranks = [new(0.001, 0.01), new(100, 0.01)];
        var plan = WorkPlanner.Plan(new WorkGrid(2, 8), new Parallelism(ParallelismKind.Dp), ranks);
        Assert.Equal([8, null], plan.Shares.Select(share => share?.Share.Samples));
    }

    [Fact]
    public void Plan_WithFewerRanksThanAsked_UsesThoseThatAreThere()
    {
        var plan = WorkPlanner.Plan(new WorkGrid(4, 8), Parallelism.Parse("4x2")!.Value, [new(0, 1), new(0, 1), new(0, 1)]);
        Assert.Equal(3, plan.Shares.OfType<PlannedShare>().Count());
    }

    private static void AssertCovers(WorkGrid grid, WorkPlan plan, int ranks)
    {
        Assert.Equal(ranks, plan.Shares.Count);
        var cells = new int[grid.Probes, grid.Samples];
        foreach (var planned in plan.Shares)
        {
            // At most one share a rank, by the shape of the list; null is idle.
            if (planned is not { } given) continue;
            var (share, place) = (given.Share, given.Place);
            Assert.True(share.Probes > 0 && share.Samples > 0, $"{share}");
            Assert.InRange(place.PertpRank, 0, plan.P - 1);
            Assert.InRange(place.DpRank, 0, plan.D - 1);
            Assert.InRange(given.Seconds, 0, plan.Seconds);
            for (var p = share.ProbeStart; p < share.ProbeEnd; p++)
            {
                for (var s = share.SampleStart; s < share.SampleEnd; s++) cells[p, s]++;
            }
        }

        Assert.All(cells.Cast<int>(), count => Assert.Equal(1, count));
        var places = plan.Shares.Where(share => share is not null).Select(share => (share!.Value.Place.PertpRank, share.Value.Place.DpRank)).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
    }
}
