using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Evaluates shares of the work grid: a pure function of (weights at t, share).</summary>
public interface IShareExecutor
{
    /// <summary>Tokens of the last share: what one probe read.</summary>
    long Tokens { get; }

    /// <summary>Terms of one probe of the last share.</summary>
    int Terms { get; }

    /// <summary>Time of the last share that went into scoring what the model wrote.</summary>
    TimeSpan ScoringTime { get; }

    /// <summary>Evaluates the probes on the samples with the weights at <paramref name="step"/>.</summary>
    /// <param name="step">t.</param>
    /// <param name="probes">The share's probes.</param>
    /// <param name="samples">The share's samples of the batch.</param>
    /// <param name="sums">Receives one sum a probe.</param>
    void Execute(int step, IReadOnlyList<Probe> probes, ReadOnlySpan<EncodedExample> samples, Span<ProbeSum> sums);
}
