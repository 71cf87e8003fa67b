using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// Evaluates shares on all device slots of a node: cuts each into one part a slot, as the coordinator cuts a step, and adds up their exact
/// sums. Slots make the same number of passes over the layers; one that has no more work walks through them.
/// </summary>
public sealed class SlotShareExecutor : IShareExecutor
{
    private readonly ModelSlots _slots;
    private readonly UpdateHistory _updates;
    private readonly Parallelism _parallelism;
    private readonly Action? _beforeBlock;
    private readonly ShareExecutor[] _executors;

    /// <param name="slots">The weights on each.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="objective">As for <see cref="ShareExecutor"/>.</param>
    /// <param name="parallelism">How shares are cut.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; called from the threads of all slots; may be null.</param>
    public SlotShareExecutor(ModelSlots slots, UpdateHistory updates, RecipeObjective? objective, Parallelism parallelism, Action? beforeBlock)
    {
        (_slots, _updates, _parallelism, _beforeBlock) = (slots, updates, parallelism, beforeBlock);
        _executors = [.. slots.Models.Select(model => new ShareExecutor(model, updates, objective, beforeBlock))];
    }

    public long Tokens { get; private set; }

    public int Terms { get; private set; }

    public TimeSpan ScoringTime => TimeSpan.Zero;

    public void Execute(int step, IReadOnlyList<Probe> probes, ReadOnlySpan<EncodedExample> samples, Span<ProbeSum> sums)
    {
        var parts = Cut(new WorkGrid(probes.Count, samples.Length), _slots.Models.Count, _parallelism);
        var works = parts.Select(part => (Probes: probes.Skip(part.ProbeStart).Take(part.Probes).ToArray(), part.SampleStart, part.Samples)).ToArray();
        var all = samples.ToArray();
        var results = works.Select(work => new ProbeSum[work.Probes.Length]).ToArray();
        var passes = works.Length == 0 ? 0 : works.Max(work => ShareExecutor.Passes(work.Probes.Length, all.AsSpan(work.SampleStart, work.Samples)));
        _slots.Run(slot =>
        {
            var made = 0;
            if (slot < works.Length)
            {
                var own = all.AsSpan(works[slot].SampleStart, works[slot].Samples);
                _executors[slot].Execute(step, works[slot].Probes, own, results[slot]);
                made = ShareExecutor.Passes(works[slot].Probes.Length, own);
            }

            for (; made < passes; made++) _slots.Walk(slot, _updates, step, _beforeBlock);
        });
        sums.Clear();
        (Tokens, Terms) = (0, 0);
        for (var i = 0; i < parts.Length; i++)
        {
            for (var probe = 0; probe < parts[i].Probes; probe++) Add(ref sums[parts[i].ProbeStart + probe], results[i][probe]);
            if (parts[i].ProbeStart != 0) continue;
            Tokens += _executors[i].Tokens;
            Terms += _executors[i].Terms;
        }
    }

    /// <summary>At most one part a slot. Where nothing else is asked for, samples are cut first: probes of one direction share its z.</summary>
    internal static Share[] Cut(WorkGrid grid, int slots, Parallelism parallelism)
    {
        if (grid.Probes == 0 || grid.Samples == 0) return [];
        var (p, d) = parallelism.Kind switch
        {
            ParallelismKind.Pertp => (slots, 1),
            ParallelismKind.Dp => (1, slots),
            ParallelismKind.TwoD when slots >= 4 && grid.Probes >= 2 => (2, slots / 2),
            _ => (Math.Max(1, slots / grid.Samples), Math.Min(slots, grid.Samples)),
        };
        return grid.Split(p, d);
    }

    private static void Add(ref ProbeSum sum, ProbeSum part) => sum = sum.Flagged || part.Flagged ? new ProbeSum(0, true) : new ProbeSum(sum.Sum + part.Sum, false);
}
