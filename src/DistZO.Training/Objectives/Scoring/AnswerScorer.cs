namespace DistZO.Training;

/// <summary>Scores written answers by token F1 or exact match with the right ones; an answer is one line, as MeZO's code has it.</summary>
/// <param name="exact">Exact match, in place of F1.</param>
public sealed class AnswerScorer(bool exact) : ITextScorer
{
    private const string F1 = "f1", ExactMatch = "exact_match";

    public string Name => exact ? ExactMatch : F1;

    public string? StopAt => "\n";

    /// <summary>The scorer of a name.</summary>
    public static AnswerScorer Of(string name) => name is F1 or ExactMatch
        ? new AnswerScorer(exact: name == ExactMatch)
        : throw new ArgumentException($"no scorer is called '{name}'", nameof(name));

    public void Score(long step, IReadOnlyList<WrittenAnswer> answers, Span<double> scores)
    {
        for (int i = 0; i < answers.Count; i++)
        {
            var (text, right) = (answers[i].Generation, answers[i].Text.References);
            scores[i] = exact ? AnswerText.IsExact(text, right) ? 1 : 0 : AnswerText.F1(text, right);
        }
    }

    public void Dispose()
    {
    }
}
