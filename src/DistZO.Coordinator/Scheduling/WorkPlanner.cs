using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>
/// Shares out a step's work grid so that all ranks are done at about the same time. Perturbation parallelism gives ranks different
/// probes, so that a rank makes z for fewer directions; data parallelism gives them different samples of the same probes; 2D does both.
/// How the grid is cut never changes a bit of the result, so the plan may change at any step.
/// </summary>
internal static class WorkPlanner
{
    /// <summary>A plan that is cut to fit measured speeds must promise this much over equal parts, or noise would move the cuts.</summary>
    private const double WorthWhile = 0.95;

    /// <summary>Makes a plan.</summary>
    /// <param name="grid">The cells.</param>
    /// <param name="parallelism">What the user wants.</param>
    /// <param name="ranks">The speed of each rank; at least one.</param>
    public static WorkPlan Plan(WorkGrid grid, Parallelism parallelism, IReadOnlyList<RankSpeed> ranks)
    {
        WorkPlan? best = null;
        foreach (var (p, d) in Shapes(grid, parallelism, ranks.Count))
        {
            var plan = ForShape(grid, p, d, ranks);
            if (best is null || plan.Seconds < best.Seconds) best = plan;
        }

        return best!;
    }

    /// <summary>The shapes to choose from: P, and the most ranks for each of its parts.</summary>
    private static IEnumerable<(int P, int D)> Shapes(WorkGrid grid, Parallelism parallelism, int ranks)
    {
        var mostP = Math.Min(grid.Probes, ranks);
        switch (parallelism.Kind)
        {
            case ParallelismKind.Dp:
                yield return (1, grid.Samples);
                break;
            case ParallelismKind.Pertp:
                yield return (mostP, 1);
                break;
            case ParallelismKind.Explicit:
                var p = Math.Min(parallelism.P, mostP);
                yield return (p, Math.Min(parallelism.D, Math.Max(1, ranks / p)));
                break;
            case ParallelismKind.TwoD when mostP >= 2 && ranks >= 4 && grid.Samples >= 2:
                for (var parts = 2; parts <= Math.Min(mostP, ranks / 2); parts++) yield return (parts, grid.Samples);
                break;
            default:
                for (var parts = 1; parts <= mostP; parts++) yield return (parts, grid.Samples);
                break;
        }
    }

    private static WorkPlan ForShape(WorkGrid grid, int p, int d, IReadOnlyList<RankSpeed> ranks)
    {
        var fitted = Cut(grid, p, d, ranks, fit: true);
        var equal = Cut(grid, p, d, ranks, fit: false);
        return fitted.Seconds < WorthWhile * equal.Seconds ? fitted : equal;
    }

    private static WorkPlan Cut(WorkGrid grid, int p, int d, IReadOnlyList<RankSpeed> ranks, bool fit)
    {
        var groups = Groups(grid, p, d, ranks, fit);
        var probeCuts = Apportion(grid.Probes, fit ? [.. groups.Select(group => group.Sum(rank => 1 / ranks[rank].CellSeconds))] : Ones(p), least: 1);
        var shares = new PlannedShare?[ranks.Count];
        var (longest, widest, probe) = (0.0, groups.Max(group => group.Count), 0);
        for (var g = 0; g < p; g++)
        {
            var (first, probes) = (probe, probeCuts[g]);
            probe += probes;
            var directions = ((first + probes + 1) / 2) - (first / 2);
            var samples = fit
                ? Level(grid, probes, directions, [.. groups[g].Select(rank => ranks[rank])])
                : Apportion(grid.Samples, Ones(groups[g].Count));
            var sample = 0;
            for (var i = 0; i < samples.Length; i++)
            {
                if (samples[i] == 0) continue;
                var rank = groups[g][i];
                var seconds = ranks[rank].Seconds(grid.Probes / 2, probes, directions, samples[i]);
                var share = new Share(first, first + probes, sample, sample + samples[i]);
                shares[rank] = new PlannedShare(share, new GridPlace(g, i, p, widest), seconds);
                longest = Math.Max(longest, seconds);
                sample += samples[i];
            }
        }

        return new WorkPlan(p, widest, shares, longest);
    }

    /// <summary>
    /// Puts ranks into P groups of at most D: the fastest first, each to the group that has the least speed so far, so that groups end
    /// up about equally fast. What finds no place stays idle.
    /// </summary>
    private static List<int>[] Groups(WorkGrid grid, int p, int d, IReadOnlyList<RankSpeed> ranks, bool fit)
    {
        var most = Math.Min(d, grid.Samples);
        int[] order = [.. Enumerable.Range(0, ranks.Count)];
        // A stable sort, so that equal ranks keep their places from step to step.
        if (fit) order = [.. order.OrderBy(rank => ranks[rank].CellSeconds)];
        var groups = Enumerable.Range(0, p).Select(_ => new List<int>()).ToArray();
        var speeds = new PriorityQueue<int, (double Speed, int Group)>(Enumerable.Range(0, p).Select(g => (g, (0.0, g))));
        var sums = new double[p];
        foreach (var rank in order)
        {
            if (!speeds.TryDequeue(out var group, out _)) break;
            groups[group].Add(rank);
            sums[group] += fit ? 1 / ranks[rank].CellSeconds : 1;
            if (groups[group].Count < most) speeds.Enqueue(group, (sums[group], group));
        }

        return groups;
    }

    /// <summary>
    /// Samples for each rank of a group such that all take the same time: the level to which the group's time is filled, found by
    /// halving. A rank whose z alone takes longer gets none.
    /// </summary>
    private static int[] Level(WorkGrid grid, int probes, int directions, RankSpeed[] ranks)
    {
        var z = ranks.Select(rank => rank.Seconds(grid.Probes / 2, probes, directions, 0)).ToArray();
        var filled = new double[ranks.Length];
        var (low, high) = (z.Min(), z.Min() + (ranks.Min(rank => rank.CellSeconds) * probes * grid.Samples) + z.Max());
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (Fill(middle) < grid.Samples) low = middle;
            else high = middle;
        }

        Fill(low);
        var samples = new int[ranks.Length];
        for (var i = 0; i < samples.Length; i++) samples[i] = (int)filled[i];
        // What is left goes to whoever is done with it first: rounding to the nearest could give a slow rank too much.
        var done = new PriorityQueue<int, (double Seconds, int Rank)>(Enumerable.Range(0, ranks.Length).Select(i => (i, (Done(i), i))));
        for (var left = grid.Samples - samples.Sum(); left > 0; left--)
        {
            var next = done.Dequeue();
            samples[next]++;
            done.Enqueue(next, (Done(next), next));
        }

        return samples;

        double Done(int rank) => z[rank] + (ranks[rank].CellSeconds * probes * (samples[rank] + 1));

        // Called often, with up to thousands of ranks.
        double Fill(double level)
        {
            var sum = 0.0;
            for (var i = 0; i < filled.Length; i++) sum += filled[i] = Math.Max(0, level - z[i]) / (ranks[i].CellSeconds * probes);
            return sum;
        }
    }

    /// <summary>Whole parts of a total, by weight, each at least <paramref name="least"/>; the largest remainders are rounded up.</summary>
    private static int[] Apportion(int total, double[] weights, int least = 0)
    {
        var sum = weights.Sum();
        var shared = total - (least * weights.Length);
        var exact = weights.Select(weight => shared * weight / sum).ToArray();
        var parts = exact.Select(value => (int)value + least).ToArray();
        var left = total - parts.Sum();
        foreach (var i in Enumerable.Range(0, parts.Length).OrderByDescending(i => exact[i] - Math.Floor(exact[i])).Take(left)) parts[i]++;
        return parts;
    }

    private static double[] Ones(int count)
    {
        var ones = new double[count];
        Array.Fill(ones, 1);
        return ones;
    }
}
