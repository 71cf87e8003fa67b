namespace DistZO.Runs;

/// <summary>How much a notice matters.</summary>
public enum NoticeLevel
{
    Information,
    Warning,
}

/// <summary>
/// Is told what happens in a run, in order and from one thread at a time: <see cref="Started"/>, then steps, evaluations and
/// notices, then <see cref="Finished"/>. A run that throws never gets there: whoever holds something (a terminal, a file) gives it
/// back in Dispose.
/// </summary>
public interface IRunReporter : IDisposable
{
    void Started(RunSummary run);

    /// <summary>A step is durable in the ledger.</summary>
    void Step(StepMetrics step);

    void Evaluated(EvaluationMetrics evaluation);

    /// <param name="level">Whether the user should worry.</param>
    /// <param name="name">What kind of thing it is, for machines: <c>forecast</c>, <c>divergence</c>, <c>skipped_step</c>.</param>
    /// <param name="message">One line for people.</param>
    void Notice(NoticeLevel level, string name, string message);

    void Finished(RunResult result);
}
