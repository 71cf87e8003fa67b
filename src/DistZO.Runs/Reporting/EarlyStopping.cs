namespace DistZO.Runs;

/// <summary>Says when to stop: after <paramref name="patience"/> evaluations in a row without a new best; never if it is null.</summary>
public sealed class EarlyStopping(int? patience)
{
    /// <summary>Evaluations since the best one.</summary>
    public int Waited { get; private set; }

    /// <summary>Takes the next evaluation, in order of steps; true if the run should stop after it.</summary>
    public bool ShouldStop(EvaluationMetrics evaluation)
    {
        Waited = evaluation.IsBest ? 0 : Waited + 1;
        return patience is { } limit && Waited >= limit;
    }
}
