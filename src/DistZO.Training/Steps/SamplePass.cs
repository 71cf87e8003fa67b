using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>One forward pass over some samples, for training and evaluation alike. Buffers are kept from pass to pass.</summary>
internal sealed class SamplePass(Model model, UpdateHistory updates, Action? beforeBlock)
{
    private double[] _logProbabilities = [];
    private double[] _terms = [];

    /// <summary>What was run.</summary>
    public PackedBatch Batch { get; } = new();

    /// <summary>Evaluates the probes on the samples with the weights at <paramref name="step"/>, to which they are folded.</summary>
    public void Run(int step, IReadOnlyList<Probe> probes, ReadOnlySpan<EncodedExample> samples)
    {
        Batch.Pack(samples);
        var count = Batch.Targets.Length * probes.Count;
        if (_logProbabilities.Length < count) _logProbabilities = new double[count];
        if (_terms.Length < Batch.Terms) _terms = new double[Batch.Terms];
        var pass = new Pass
        {
            Tokens = Batch.Tokens,
            Sequences = Batch.Sequences,
            Probes = probes,
            Updates = updates,
            Step = step,
            IsRounded = probes[0].Perturbed,
            BeforeBlock = beforeBlock,
        };
        model.LogProbabilities(pass, Batch.GatherRows, Batch.Targets, _logProbabilities.AsSpan(0, count));
    }

    /// <summary>A probe's log-probabilities, in the order of the batch's targets.</summary>
    public ReadOnlySpan<double> LogProbabilities(int probe) => _logProbabilities.AsSpan(probe * Batch.Targets.Length, Batch.Targets.Length);

    /// <summary>A probe's loss terms; valid until the next call.</summary>
    /// <param name="probe">Its index in the pass.</param>
    /// <param name="countsErrors">As in <see cref="Objective.Terms"/>.</param>
    public ReadOnlySpan<double> Terms(int probe, bool countsErrors)
    {
        var terms = _terms.AsSpan(0, Batch.Terms);
        Objective.Terms(Batch, LogProbabilities(probe), terms, countsErrors);
        return terms;
    }
}
