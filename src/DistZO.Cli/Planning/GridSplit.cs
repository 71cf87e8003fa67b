using DistZO.Optimization;

namespace DistZO.Cli.Planning;

/// <summary>What a device computes of a step's work grid.</summary>
/// <param name="Probes">Perturbed forwards.</param>
/// <param name="Directions">Directions that they belong to.</param>
/// <param name="Samples">Sequences.</param>
internal readonly record struct SlotShare(int Probes, int Directions, int Samples)
{
    /// <summary>Forwards of one sequence.</summary>
    public long Cells => (long)Probes * Samples;
}

/// <summary>A work grid of 2q probes × samples, cut into P × D parts as even as they can be.</summary>
/// <param name="P">Parts of the probes.</param>
/// <param name="D">Parts of the samples.</param>
/// <param name="Shares">The share of each device that has one; the largest come first in each direction of the grid.</param>
internal sealed record GridSplit(int P, int D, IReadOnlyList<SlotShare> Shares)
{
    /// <summary>The cut for a number of devices; null where this kind cuts nothing.</summary>
    /// <param name="kind">Pertp, dp or 2d.</param>
    /// <param name="devices">At least 1.</param>
    /// <param name="directions">q.</param>
    /// <param name="samples">The batch.</param>
    public static GridSplit? Of(ParallelismKind kind, int devices, int directions, int samples)
    {
        var probes = 2 * directions;
        switch (kind)
        {
            case ParallelismKind.Pertp: return Cut(Math.Min(devices, probes), 1, probes, samples);
            case ParallelismKind.Dp: return devices > 1 && samples == 1 ? null : Cut(1, Math.Min(devices, samples), probes, samples);
            default:
                var shapes = from p in Enumerable.Range(2, Math.Max(0, Math.Min(probes, devices / 2) - 1))
                             let d = Math.Min(devices / p, samples)
                             where d >= 2
                             select Cut(p, d, probes, samples);
                // Of equal ones that with more parts of the probes: its devices make z of fewer directions.
                return shapes.OrderBy(split => split.Shares.Max(share => share.Cells)).ThenByDescending(split => split.P).FirstOrDefault();
        }
    }

    private static GridSplit Cut(int p, int d, int probes, int samples)
    {
        var shares = new List<SlotShare>();
        var first = 0;
        for (var i = 0; i < p; i++)
        {
            var count = Part(probes, p, i);
            var directions = ((first + count + 1) / 2) - (first / 2);
            for (var j = 0; j < d; j++) shares.Add(new SlotShare(count, directions, Part(samples, d, j)));
            first += count;
        }

        return new GridSplit(p, d, shares);
    }

    private static int Part(int total, int parts, int i) => (total / parts) + (i < total % parts ? 1 : 0);
}
