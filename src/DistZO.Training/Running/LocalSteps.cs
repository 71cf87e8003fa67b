using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// The steps of a run on one device: evaluates any share of a step's work grid, or all of it and makes the step's record. The batch is
/// a pure function of (recipe, step), so a share is named by four numbers.
/// </summary>
public sealed class LocalSteps
{
    private readonly MezoSgd _method;
    private readonly DataOrder _order;
    private readonly IReadOnlyList<EncodedExample> _examples;
    private readonly IShareExecutor _executor;
    private readonly int[] _rows;
    private readonly EncodedExample[] _batch;
    private readonly ProbeSum[] _sums;

    /// <param name="recipe">Resolved.</param>
    /// <param name="examples">The training rows.</param>
    /// <param name="executor">Evaluates shares.</param>
    public LocalSteps(Recipe recipe, IReadOnlyList<EncodedExample> examples, IShareExecutor executor)
    {
        var batch = recipe.Get(RecipeKeys.BatchSize);
        (_examples, _executor) = (examples, executor);
        _method = new MezoSgd(recipe);
        _order = new DataOrder(recipe.Get(RecipeKeys.Seed), examples.Count, batch);
        (_rows, _batch) = (new int[batch], new EncodedExample[batch]);
        Grid = WorkGrid.Of(recipe);
        _sums = new ProbeSum[Grid.Probes];
    }

    /// <summary>The grid of every step.</summary>
    public WorkGrid Grid { get; }

    /// <summary>Tokens of the samples that were evaluated last: what one probe read.</summary>
    public long Tokens => _executor.Tokens;

    /// <summary>Loss terms of one probe of the share that was evaluated last.</summary>
    public int Terms => _executor.Terms;

    /// <summary>Time of the share that was evaluated last that went into scoring what the model wrote.</summary>
    public TimeSpan ScoringTime => _executor.ScoringTime;

    /// <summary>Tokens of a step's batch, without computing anything.</summary>
    public long TokensOf(int step) => Batch(step).Sum(example => (long)example.PackedTokens);

    /// <summary>Evaluates a share of a step with the weights at <paramref name="step"/>.</summary>
    /// <returns>A sum for each probe of the share; valid until the next call.</returns>
    public ReadOnlySpan<ProbeSum> Evaluate(int step, Share share)
    {
        var probes = _method.Probes(step).AsSpan(share.ProbeStart, share.Probes).ToArray();
        var sums = _sums.AsSpan(0, share.Probes);
        _executor.Execute(step, probes, Batch(step).AsSpan(share.SampleStart, share.Samples), sums);
        return sums;
    }

    /// <summary>Evaluates a whole step with the weights at <paramref name="step"/> and returns its record, which is not committed yet.</summary>
    public StepRecord Compute(int step) => _method.Commit(step, Evaluate(step, Grid.Whole), Terms);

    private EncodedExample[] Batch(int step)
    {
        _order.Rows(step, _rows);
        for (var i = 0; i < _rows.Length; i++) _batch[i] = _examples[_rows[i]];
        return _batch;
    }
}
