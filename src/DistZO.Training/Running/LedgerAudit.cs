using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>One step that was recomputed.</summary>
/// <param name="Step">t.</param>
/// <param name="Difference">What differs from the record; null if every loss has the recorded bits.</param>
public sealed record AuditedStep(int Step, string? Difference);

/// <summary>
/// Recomputes the losses of random steps from the base model, the data and the ledger, and compares them bit for bit: whoever holds
/// these three can check that the fine-tune is what its ledger says.
/// </summary>
public sealed class LedgerAudit : IDisposable
{
    private readonly RunInputs _inputs;
    private readonly LedgerContents _ledger;
    private readonly RunHistory _history;
    private readonly LocalSteps _steps;
    private readonly MezoSgd _method;
    private readonly TextScoring? _scoring;

    /// <param name="inputs">Base model, data and recipe of the run.</param>
    /// <param name="ledger">The run to check.</param>
    /// <param name="allowsCommand">As in <see cref="TextScorers.Require"/>.</param>
    /// <exception cref="BadInputException">The inputs are not the run's; the message names what differs.</exception>
    public LedgerAudit(RunInputs inputs, LedgerContents ledger, bool allowsCommand)
    {
        var recorded = ledger.Header.Identity;
        var differences = IdentityDifferences.Between(recorded, inputs.Identity(recorded.Parent));
        if (differences.Count > 0)
        {
            throw new BadInputException(
                $"{ledger.Path} was made from other inputs: {string.Join("; ", differences)}; give the base model and the data of the run");
        }

        (_inputs, _ledger) = (inputs, ledger);
        _history = new RunHistory(ledger);
        _method = new MezoSgd(inputs.Recipe);
        _scoring = TextScoring.Create(inputs.Recipe, inputs.Model, inputs.Checkpoint, _history.Updates, allowsCommand);
        _steps = new LocalSteps(inputs.Recipe, inputs.Train.Examples, ShareExecutors.Create(inputs, _history.Updates, _scoring));
    }

    /// <summary>The first step that this run computed itself: a fork begins with its parent's, made by the parent's recipe.</summary>
    public int FirstStep => (int)(_ledger.Header.Identity.Parent?.Steps ?? 0);

    /// <summary>Chooses distinct steps of the run's own at random, in ascending order; all if there are no more than wanted.</summary>
    public int[] Sample(int samples, Random random)
    {
        var (first, end) = (FirstStep, (int)_ledger.Steps);
        if (samples >= end - first) return [.. Enumerable.Range(first, end - first)];
        var chosen = new SortedSet<int>();
        while (chosen.Count < samples) chosen.Add(random.Next(first, end));
        return [.. chosen];
    }

    /// <summary>
    /// Checks of every step of the run's own that its seeds, coefficients and decay follow from its recorded losses. Takes no time, so
    /// it is done for all of them; the losses themselves are what <see cref="Run"/> recomputes.
    /// </summary>
    /// <returns>The first step that does not follow; null if all do.</returns>
    public AuditedStep? FindInconsistent()
    {
        foreach (var record in _ledger.Records.Skip(FirstStep))
        {
            if (record.Status == StepStatus.Skipped) continue;
            var directions = _inputs.Recipe.Get(RecipeKeys.NumDirections);
            if (record.Directions.Count != directions)
                return new AuditedStep((int)record.Step, $"recorded with {record.Directions.Count} directions, not {directions}");
            var most = record.Terms * (Int128)FixedPoint.One * (Int128)FixedPoint.Limit;
            if (record.Directions.Any(d => Int128.Abs(d.Plus) > most || Int128.Abs(d.Minus) > most))
                return new AuditedStep((int)record.Step, $"recorded with loss sums that {record.Terms} terms cannot have");
            var sums = record.Directions.SelectMany(d => new[] { new ProbeSum(d.Plus, false), new ProbeSum(d.Minus, false) }).ToArray();
            if (Difference(record, _method.Commit(record.Step, sums, record.Terms)) is { } difference)
                return new AuditedStep((int)record.Step, difference);
        }

        return null;
    }

    /// <summary>Recomputes steps, in ascending order; each result is given as soon as it is known.</summary>
    public IEnumerable<AuditedStep> Run(IEnumerable<int> steps)
    {
        var weights = new Weights(_inputs.Model, _inputs.Checkpoint, snapshots: null);
        if (_inputs.Model.IsStored) weights.ReloadBase();
        foreach (var step in steps)
        {
            // From the base on, never from a snapshot: the audit trusts nothing that the run left behind but its ledger.
            weights.MoveTo(_history, step, _ => { });
            yield return new AuditedStep(step, Difference(_ledger.Records[step], _steps.Compute(step)));
        }
    }

    public void Dispose() => _scoring?.Dispose();

    private static string? Difference(StepRecord recorded, StepRecord recomputed)
    {
        if (recorded.Equals(recomputed)) return null;
        if (recorded.Status != recomputed.Status) return $"recorded as {recorded.Status}, recomputed as {recomputed.Status}";
        if (recorded.Terms != recomputed.Terms) return $"recorded with {recorded.Terms} terms, recomputed with {recomputed.Terms}";
        for (var d = 0; d < recorded.Directions.Count; d++)
        {
            var (a, b) = (recorded.Directions[d], recomputed.Directions[d]);
            if (a.Seed != b.Seed) return $"direction {d}: recorded seed {a.Seed:x16}, recomputed {b.Seed:x16}";
            if (a.Plus != b.Plus || a.Minus != b.Minus)
                return $"direction {d}: recorded loss sums {a.Plus} and {a.Minus}, recomputed {b.Plus} and {b.Minus}";
            if (a.Coefficient != b.Coefficient)
                return $"direction {d}: recorded coefficient {a.Coefficient:R}, recomputed {b.Coefficient:R}";
        }

        return $"recorded decay {recorded.Decay:R}, recomputed {recomputed.Decay:R}";
    }
}
