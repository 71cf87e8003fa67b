using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// One process's steps: assigns the whole work grid to the local device, and turns its sums into the step's record. The batch is a pure
/// function of (recipe, step).
/// </summary>
public sealed class LocalSteps
{
    private readonly MezoSgd _method;
    private readonly DataOrder _order;
    private readonly IReadOnlyList<EncodedExample> _examples;
    private readonly ShareExecutor _executor;
    private readonly int[] _rows;
    private readonly EncodedExample[] _batch;
    private readonly ProbeSum[] _sums;

    /// <param name="recipe">Resolved.</param>
    /// <param name="examples">The training rows.</param>
    /// <param name="executor">Evaluates shares.</param>
    public LocalSteps(Recipe recipe, IReadOnlyList<EncodedExample> examples, ShareExecutor executor)
    {
        var batch = recipe.Get(RecipeKeys.BatchSize);
        (_examples, _executor) = (examples, executor);
        _method = new MezoSgd(recipe);
        _order = new DataOrder(recipe.Get(RecipeKeys.Seed), examples.Count, batch);
        (_rows, _batch) = (new int[batch], new EncodedExample[batch]);
        _sums = new ProbeSum[WorkGrid.Of(recipe).Probes];
    }

    /// <summary>Tokens of the batch of the last <see cref="Compute"/>.</summary>
    public long Tokens => _executor.Tokens;

    /// <summary>Tokens of a step's batch, without computing anything.</summary>
    public long TokensOf(int step) => Batch(step).Sum(example => (long)example.PackedTokens);

    /// <summary>Evaluates a step with the weights at <paramref name="step"/> and returns its record, which is not committed yet.</summary>
    public StepRecord Compute(int step)
    {
        var probes = _method.Probes(step);
        _executor.Execute(step, probes, Batch(step), _sums);
        return _method.Commit(step, _sums, _executor.Terms);
    }

    private EncodedExample[] Batch(int step)
    {
        _order.Rows(step, _rows);
        for (var i = 0; i < _rows.Length; i++) _batch[i] = _examples[_rows[i]];
        return _batch;
    }
}
