using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// The loss of one probe from its log-probabilities, in binary64 and in one fixed order. A choice is one term: with m the mean
/// log-probability of each option's tokens, the cross-entropy <c>ln Σ exp(m) − m[label]</c> (MeZO, Malladi et al., NeurIPS 2023,
/// "option" loss of its multiple-choice tasks), or under the objective accuracy 1 − score: 0 where <see cref="Best"/> is a right option
/// and 1 where it is not, as in section 3.3 there (its code minimizes −score, which differs by a constant and has the same steps). Any
/// other row is one term a token: −ln p.
/// </summary>
public static class Objective
{
    /// <summary>More options than this are scored in a buffer of the heap.</summary>
    private const int StackOptions = 256;

    /// <summary>
    /// The terms of a batch, sample by sample. A term that is not finite comes out as it is, for the caller to flag.
    /// </summary>
    /// <param name="batch">What was packed.</param>
    /// <param name="logProbabilities">One probe's, in the order of <see cref="PackedBatch.Targets"/>.</param>
    /// <param name="terms">Room for <see cref="PackedBatch.Terms"/> values.</param>
    /// <param name="countsErrors">Whether a choice is judged by its best option, as under the objective accuracy.</param>
    public static void Terms(PackedBatch batch, ReadOnlySpan<double> logProbabilities, Span<double> terms, bool countsErrors = false)
    {
        if (logProbabilities.Length != batch.Targets.Length) throw new ArgumentException("One for each target.", nameof(logProbabilities));
        if (terms.Length != batch.Terms) throw new ArgumentException("Room for each term.", nameof(terms));
        Span<double> stack = stackalloc double[StackOptions];
        foreach (var sample in batch.Samples)
        {
            var own = logProbabilities[..sample.Targets];
            if (sample.IsChoice)
            {
                var scores = sample.Options.Length <= StackOptions ? stack[..sample.Options.Length] : new double[sample.Options.Length];
                Scores(sample, own, scores);
                terms[0] = countsErrors ? Error(scores, sample) : CrossEntropy(scores, sample.Label);
            }
            else
            {
                for (int i = 0; i < own.Length; i++) terms[i] = -own[i];
            }
            logProbabilities = logProbabilities[own.Length..];
            terms = terms[sample.Terms..];
        }
    }

    /// <summary>The mean log-probability of each option's scored tokens, from the sample's own log-probabilities.</summary>
    public static void Scores(EncodedExample sample, ReadOnlySpan<double> logProbabilities, Span<double> scores)
    {
        for (int option = 0; option < sample.Options.Length; option++)
        {
            int count = sample.Options[option].Scored;
            double sum = 0;
            foreach (double value in logProbabilities[..count]) sum += value;
            scores[option] = sum / count;
            logProbabilities = logProbabilities[count..];
        }
    }

    /// <summary><c>ln Σ exp(scores) − scores[label]</c>; NaN where a score is NaN or all are −∞.</summary>
    public static double CrossEntropy(ReadOnlySpan<double> scores, int label)
    {
        double top = scores[0];
        foreach (double score in scores) top = score > top ? score : top;
        double sum = 0;
        foreach (double score in scores) sum += ExactMath.Exp(score - top);
        return ExactMath.Log(sum) + (top - scores[label]);
    }

    /// <summary>0 if the best option is right, 1 if it is wrong; NaN where a score is NaN, as with <see cref="CrossEntropy"/>.</summary>
    public static double Error(ReadOnlySpan<double> scores, EncodedExample sample)
    {
        foreach (double score in scores)
        {
            if (double.IsNaN(score)) return double.NaN;
        }
        return sample.IsRight(Best(scores)) ? 0 : 1;
    }

    /// <summary>The option with the highest score; the first of equal ones. NaN never wins over a number.</summary>
    public static int Best(ReadOnlySpan<double> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best] || (double.IsNaN(scores[best]) && !double.IsNaN(scores[i]))) best = i;
        }
        return best;
    }
}
