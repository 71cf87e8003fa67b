using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// Evaluates shares by the log-probabilities of their samples' options. All probes run in one visit of every weight, which
/// also folds the commits that the weights still lack. Buffers are kept, so a warm share allocates next to nothing.
/// </summary>
public sealed class ShareExecutor : IShareExecutor
{
    /// <summary>
    /// Tokens × probes that one pass holds activations for. A larger share is evaluated in several passes over its samples, which costs
    /// time (z is made again) but no bits.
    /// </summary>
    public const int MaxTokensPerPass = 1 << 14;

    private readonly SamplePass _pass;
    private readonly bool _countsErrors;
    private readonly List<EncodedExample> _samples = [];

    /// <param name="model">The weights; folded up to the step of each share.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    /// <param name="objective">What a loss term is; null for what the samples are.</param>
    public ShareExecutor(Model model, UpdateHistory updates, RecipeObjective? objective, Action? beforeBlock = null)
    {
        _pass = new SamplePass(model, updates, beforeBlock);
        _countsErrors = objective is { Kind: ObjectiveKind.Accuracy };
    }

    public long Tokens { get; private set; }

    public int Terms { get; private set; }

    public TimeSpan ScoringTime => TimeSpan.Zero;

    public void Execute(int step, IReadOnlyList<Probe> probes, ReadOnlySpan<EncodedExample> samples, Span<ProbeSum> sums)
    {
        sums.Clear();
        (Tokens, Terms) = (0, 0);
        while (samples.Length > 0)
        {
            var count = InOnePass(probes.Count, samples);
            _samples.Clear();
            _samples.AddRange(samples[..count]);
            samples = samples[count..];
            RunPass(step, probes, sums);
        }
    }

    /// <summary>Passes that a share of so many probes on these samples takes.</summary>
    public static int Passes(int probes, ReadOnlySpan<EncodedExample> samples)
    {
        var passes = 0;
        for (; samples.Length > 0; passes++) samples = samples[InOnePass(probes, samples)..];
        return passes;
    }

    /// <summary>How many of the samples, from the first on, are evaluated in one pass: at least one.</summary>
    private static int InOnePass(int probes, ReadOnlySpan<EncodedExample> samples)
    {
        long tokens = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            tokens += samples[i].PackedTokens;
            if (i > 0 && tokens * probes > MaxTokensPerPass) return i;
        }

        return samples.Length;
    }

    private void RunPass(int step, IReadOnlyList<Probe> probes, Span<ProbeSum> sums)
    {
        _pass.Run(step, probes, CollectionsMarshal.AsSpan(_samples));
        for (var probe = 0; probe < probes.Count; probe++) sums[probe] = Add(sums[probe], _pass.Terms(probe, _countsErrors));
        Tokens += _pass.Batch.Tokens.Length;
        Terms += _pass.Batch.Terms;
    }

    private static ProbeSum Add(ProbeSum sum, ReadOnlySpan<double> terms)
    {
        foreach (var term in terms)
            sum = FixedPoint.TryRound(term, out var value) ? sum with { Sum = sum.Sum + value } : sum with { Flagged = true };
        return sum.Flagged ? new ProbeSum(0, true) : sum;
    }
}
