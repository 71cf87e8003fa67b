using DistZO.Coordinator;
using DistZO.Optimization;

namespace DistZO.Cluster.Tests;

/// <summary>However the grid is cut, every cell is computed once, and by whom it takes the least time.</summary>
public sealed class WorkPlannerTests
{
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
}
