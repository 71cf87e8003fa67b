using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// Evaluates shares under an objective that scores what the model writes: each probe writes an answer to each sample, and a loss term is
/// 1 − its score, rounded to fixed point as every other (MeZO, section 3.3, minimizes −F1; the constant changes no step). Where the
/// weights give no finite logits, nothing is written, and the probe is flagged.
/// </summary>
/// <param name="generator">Writes the answers.</param>
/// <param name="scorer">Scores them.</param>
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
        string?[] texts = new string?[probes.Count * samples.Length];
        for (int p = 0; p < probes.Count; p++)
        {
            var own = texts.AsSpan(p * samples.Length, samples.Length);
            generator.Generate(step, probes[p], samples, own);
            for (int i = 0; i < samples.Length; i++)
            {
                if (own[i] is { } text) _answers.Add(new WrittenAnswer(samples[i], text));
            }
        }

        // All at once, so that a scoring program has one batch a share.
        double[] scores = new double[_answers.Count];
        long began = time.GetTimestamp();
        scorer.Score(step, _answers, scores);
        ScoringTime = time.GetElapsedTime(began);
        int scored = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            ref var sum = ref sums[i / samples.Length];
            double term = texts[i] is null ? double.NaN : 1 - scores[scored++];
            sum = FixedPoint.TryRound(term, out long value) && !sum.Flagged ? new ProbeSum(sum.Sum + value, false) : new ProbeSum(0, true);
        }
    }
}
