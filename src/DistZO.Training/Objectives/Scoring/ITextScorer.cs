namespace DistZO.Training;

/// <summary>What the model wrote after a row's prompt, to be scored.</summary>
/// <param name="Row">The row.</param>
/// <param name="Generation">What was written.</param>
public readonly record struct WrittenAnswer(EncodedExample Row, string Generation)
{
    /// <summary>The row as text.</summary>
    public SampleText Text => Row.Text ?? throw new InvalidOperationException("the row was not read to be scored");
}

/// <summary>Scores what the model wrote: the higher the better, each answer on its own.</summary>
public interface ITextScorer : IDisposable
{
    /// <summary>What its scores are called; see <see cref="Optimization.Recipe.AnswerMetrics"/>.</summary>
    string Name { get; }

    /// <summary>A text at which an answer ends, without it; null where an answer ends only as the model ends it.</summary>
    string? StopAt { get; }

    /// <summary>Scores answers.</summary>
    /// <param name="step">t.</param>
    /// <param name="answers">What was written at the step.</param>
    /// <param name="scores">Receives a finite score for each, at most 1000 in size.</param>
    /// <exception cref="Devices.RunFailedException">An answer could not be scored.</exception>
    void Score(long step, IReadOnlyList<WrittenAnswer> answers, Span<double> scores);
}
