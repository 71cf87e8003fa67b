using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>What an evaluation of a whole data set measured.</summary>
public sealed class EvaluationResult
{
    /// <param name="step">The step of the weights.</param>
    /// <param name="rows">Rows evaluated.</param>
    /// <param name="lossSum">Σ of the loss terms in units of 2⁻³², exact.</param>
    /// <param name="terms">How many terms.</param>
    /// <param name="flagged">Terms that were not finite or at least 2¹⁰ in size; they are not in the sum.</param>
    /// <param name="undecided">Rows of choices without a finite score: no prediction can be made of them.</param>
    /// <param name="confusion">The predictions of the other rows with choices; null without choices.</param>
    /// <param name="answers">What the model's written answers came to; null where it writes none.</param>
    public EvaluationResult(
        int step, int rows, Int128 lossSum, long terms, long flagged, int undecided, ConfusionTable? confusion, AnswerTotals? answers = null) =>
        (Step, Rows, LossSum, Terms, Flagged, Undecided, Confusion, Answers) = (step, rows, lossSum, terms, flagged, undecided, confusion, answers);

    public int Step { get; }

    public int Rows { get; }

    public Int128 LossSum { get; }

    public long Terms { get; }

    public long Flagged { get; }

    public int Undecided { get; }

    public ConfusionTable? Confusion { get; }

    public AnswerTotals? Answers { get; }

    /// <summary>The evaluation of this result's rows and another's, at the same step: sums are integers, so the order cannot matter.</summary>
    public EvaluationResult Add(EvaluationResult other)
    {
        if (other.Step != Step) throw new ArgumentException($"evaluations at steps {Step} and {other.Step}", nameof(other));
        ConfusionTable? confusion = null;
        if (Confusion is not null)
        {
            confusion = new ConfusionTable(Confusion.Labels);
            confusion.Add(Confusion);
            confusion.Add(other.Confusion ?? throw new ArgumentException("it has no confusion table", nameof(other)));
        }

        return new EvaluationResult(
            Step,
            Rows + other.Rows,
            LossSum + other.LossSum,
            Terms + other.Terms,
            Flagged + other.Flagged,
            Undecided + other.Undecided,
            confusion,
            Answers?.Add(other.Answers ?? throw new ArgumentException("it has no written answers", nameof(other))));
    }

    /// <summary>Share of rows predicted right; NaN if a row could not be predicted, so that a diverged model is never the best one.</summary>
    public double Accuracy => Undecided > 0 || Confusion is null ? double.NaN : Confusion.Accuracy;

    /// <summary>Mean F1 over the labels; NaN as <see cref="Accuracy"/>.</summary>
    public double MacroF1 => Undecided > 0 || Confusion is null ? double.NaN : Confusion.MacroF1;

    /// <summary>Mean loss a term; NaN if any term was flagged.</summary>
    public double Loss => Flagged > 0 || Terms == 0 ? double.NaN : (double)LossSum / FixedPoint.One / Terms;

    /// <summary>
    /// The figures by name, in the order in which people read them: the scores of written answers, if there are any; then accuracy, macro_f1
    /// (where labels have names) and loss, or loss and perplexity.
    /// </summary>
    public IReadOnlyList<(string Name, double Value)> Metrics => [.. Answers?.Means(Rows) ?? [], .. OfProbabilities];

    private IReadOnlyList<(string Name, double Value)> OfProbabilities => Confusion is null
        ? [("loss", Loss), ("perplexity", ExactMath.Exp(Loss))]
        : ConfusionTable.IsRightOrWrong(Confusion.Labels) ? [("accuracy", Accuracy), ("loss", Loss)]
        : [("accuracy", Accuracy), ("macro_f1", MacroF1), ("loss", Loss)];
}
