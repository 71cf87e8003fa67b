using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// Evaluates shares under an objective that scores what the model writes: each probe writes an answer to each sample, and a loss term is
/// 1 − its score, rounded to fixed point as every other (MeZO, section 3.3, minimizes −F1; the constant changes no step).
/// </summary>
/// <param name="generator">Writes the answers.</param>
/// <param name="scorer">Scores them; owned.</param>
/// <param name="time">The clock of what scoring takes.</param>
public sealed class WrittenShareExecutor(ITextGenerator generator, ITextScorer scorer, TimeProvider time) : IShareExecutor
{
    private readonly List<WrittenAnswer> _answers = [];

    public long Tokens { get; private set; }

    public int Terms { get; private set; }

    public TimeSpan ScoringTime { get; private set; }

    public void Execute(int step, IReadOnlyList<Probe> probes, ReadOnlySpan<EncodedExample> samples, Span<ProbeSum> sums)
    {
        sums.Clear();
        (Tokens, Terms, ScoringTime) = (0, samples.Length, TimeSpan.Zero);
        if (samples.Length == 0) return;
        foreach (var sample in samples) Tokens += sample.Prompt.Length;
        _answers.Clear();
        string[] texts = new string[samples.Length];
        foreach (var probe in probes)
        {
            generator.Generate(step, probe, samples, scorer.StopAt, texts);
            for (int i = 0; i < samples.Length; i++) _answers.Add(new WrittenAnswer(samples[i], End(texts[i])));
        }

        // All at once, so that a scoring program has one batch a share.
        double[] scores = new double[_answers.Count];
        long began = time.GetTimestamp();
        scorer.Score(step, _answers, scores);
        ScoringTime = time.GetElapsedTime(began);
        for (int p = 0; p < probes.Count; p++) sums[p] = Sum(scores.AsSpan(p * samples.Length, samples.Length));
    }

    public void Dispose() => scorer.Dispose();

    private static ProbeSum Sum(ReadOnlySpan<double> scores)
    {
        long sum = 0;
        foreach (double score in scores)
        {
            if (!FixedPoint.TryRound(1 - score, out long term)) return new ProbeSum(0, true);
            sum += term;
        }
        return new ProbeSum(sum, false);
    }

    private string End(string text) =>
        scorer.StopAt is { } stop && text.IndexOf(stop, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;
}
