using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// MeZO-SGD (arXiv 2305.17333, algorithm 1, with n-SPSA for q directions): the projected gradient is the central difference of two
/// losses, and the step goes along z by the mean over directions. Computed once, by whoever commits, in binary64 from left to right;
/// docs/formats/ledger.md fixes the order of operations. Weight decay is decoupled (one factor a step), unlike MeZO's, which adds λθ to
/// each direction's gradient.
/// </summary>
public sealed class MezoSgd
{
    private readonly LearningRateSchedule _schedule;
    private readonly ulong _seed;
    private readonly int _directions;
    private readonly double _decay;
    private readonly double? _clip;

    /// <param name="recipe">A resolved recipe (<see cref="Recipe.Resolve"/>).</param>
    public MezoSgd(Recipe recipe)
    {
        _schedule = new LearningRateSchedule(recipe);
        _seed = recipe.Get(RecipeKeys.Seed);
        _directions = recipe.Get(RecipeKeys.NumDirections);
        _decay = recipe.Get(RecipeKeys.WeightDecay);
        _clip = recipe.Get(RecipeKeys.ClipProjectedGradient);
        Epsilon = (float)recipe.Get(RecipeKeys.ZoEps);
    }

    /// <summary>ε as the one float32 that probes are scaled with.</summary>
    public float Epsilon { get; }

    /// <summary>The probes of a step: 2d is θ + ε·z_d, 2d + 1 is θ − ε·z_d.</summary>
    public Probe[] Probes(long step)
    {
        var probes = new Probe[2 * _directions];
        for (var d = 0; d < _directions; d++)
        {
            var seed = Philox.DirectionSeed(_seed, step, d);
            probes[2 * d] = new Probe(seed, Epsilon);
            probes[(2 * d) + 1] = new Probe(seed, -Epsilon);
        }

        return probes;
    }

    /// <summary>The record of a step from the sums of its 2q probes and N, the number of terms of each.</summary>
    public StepRecord Commit(long step, ReadOnlySpan<ProbeSum> probes, int terms)
    {
        var needed = 2 * _directions;
        if (probes.Length != needed) throw new ArgumentException($"needs {needed} probes, not {probes.Length}", nameof(probes));
        foreach (var probe in probes)
        {
            if (probe.Flagged) return StepRecord.Skip(step, Method.MezoSgd);
        }

        var learningRate = _schedule.At(step);
        var decay = (float)(1 - (learningRate * _decay));
        var finite = float.IsFinite(decay);
        var directions = new StepDirection[_directions];
        for (var d = 0; d < _directions; d++)
        {
            var (plus, minus) = (probes[2 * d].Sum, probes[(2 * d) + 1].Sum);
            var coefficient = (float)-(learningRate * (Clip(ProjectedGradient(plus, minus, terms)) / _directions));
            finite &= float.IsFinite(coefficient);
            directions[d] = new StepDirection(Philox.DirectionSeed(_seed, step, d), plus, minus, coefficient);
        }

        return finite
            ? new StepRecord(step, StepStatus.Applied, Method.MezoSgd, directions, terms, decay)
            : StepRecord.Skip(step, Method.MezoSgd);
    }

    /// <summary>g_d of a committed direction, before clipping.</summary>
    public double ProjectedGradient(StepDirection direction, int terms) => ProjectedGradient(direction.Plus, direction.Minus, terms);

    private double ProjectedGradient(long plus, long minus, int terms)
    {
        // The sums of one step are at most 2⁶² in size, so their difference may just not fit 64 bits.
        double epsilon = Epsilon;
        return (double)((Int128)plus - minus) * (1.0 / (1L << 32)) / (2 * epsilon * terms);
    }

    // NaN must pass through, to be seen as not finite: comparisons with it are false, so it does.
    private double Clip(double gradient)
    {
        if (_clip is not { } limit) return gradient;
        return gradient > limit ? limit : gradient < -limit ? -limit : gradient;
    }
}
