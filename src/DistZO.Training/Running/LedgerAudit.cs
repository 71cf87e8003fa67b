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
public sealed class LedgerAudit
{
    private readonly RunInputs _inputs;
    private readonly LedgerContents _ledger;
    private readonly UpdateHistory _updates;
    private readonly LocalSteps _steps;

    /// <param name="inputs">Must have the ledger's identity.</param>
    /// <param name="ledger">The run to check.</param>
    public LedgerAudit(RunInputs inputs, LedgerContents ledger)
    {
        (_inputs, _ledger) = (inputs, ledger);
        _updates = Weights.UpdatesOf(ledger);
        _steps = new LocalSteps(inputs.Recipe, inputs.Train.Examples, new ShareExecutor(inputs.Model, _updates));
    }

    /// <summary>Chooses distinct steps at random, in ascending order; all of them if there are no more than wanted.</summary>
    public static int[] Sample(int steps, int samples, Random random)
    {
        var chosen = new SortedSet<int>();
        if (samples >= steps) return [.. Enumerable.Range(0, steps)];
        while (chosen.Count < samples) chosen.Add(random.Next(steps));
        return [.. chosen];
    }

    /// <summary>Recomputes steps, in ascending order; each result is given as soon as it is known.</summary>
    public IEnumerable<AuditedStep> Run(IEnumerable<int> steps)
    {
        var weights = new Weights(_inputs.Model, _inputs.Checkpoint, snapshots: null);
        foreach (var step in steps)
        {
            // From the base on, never from a snapshot: the audit trusts nothing that the run left behind but its ledger.
            weights.MoveTo(_ledger, _updates, step, _ => { });
            yield return new AuditedStep(step, Difference(_ledger.Records[step], _steps.Compute(step)));
        }
    }

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
            if (a.Coefficient != b.Coefficient) return $"direction {d}: recorded coefficient {a.Coefficient:R}, recomputed {b.Coefficient:R}";
        }

        return $"recorded decay {recorded.Decay:R}, recomputed {recomputed.Decay:R}";
    }
}
