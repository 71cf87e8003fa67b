using DistZO.Devices;
using DistZO.Devices.Cuda;
using DistZO.Models;
using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>What the passes of a step take of a device's memory besides weights.</summary>
/// <param name="model">The model.</param>
/// <param name="device">The device: on a GPU it is what a run counts before it begins (docs/gpu.md), in host memory an estimate of activations.</param>
/// <param name="tokens">Tokens of each sequence that a pass reads, all of which predict one.</param>
internal sealed class PassMemory(ModelSize model, DeviceProfile device, int tokens)
{
    private readonly Dictionary<(int Probes, int Samples), long> _known = [];

    /// <summary>Sequences of one pass, of those of a share.</summary>
    public int SamplesAtOnce(int probes, int samples) => Math.Clamp(ShareExecutor.MaxTokensPerPass / (probes * tokens), 1, samples);

    /// <summary>Bytes for shares of so many probes and sequences at most.</summary>
    public long Of(int probes, int samples)
    {
        if (device.Capability is not { } capability) return (long)probes * SamplesAtOnce(probes, samples) * tokens * model.ActivationBytes;
        if (!_known.TryGetValue((probes, samples), out var bytes)) _known[(probes, samples)] = bytes = Imagine(capability, probes, samples);
        return bytes;
    }

    private long Imagine(int capability, int probes, int samples)
    {
        // Nothing predicts the first token, and the last one is not read.
        var row = new EncodedExample(new int[1], [new EncodedOption(new int[tokens], 0)], label: 0, line: 1);
        var signs = Enumerable.Range(0, probes).Select(i => new Probe((ulong)i / 2, i % 2 == 0 ? 1 : -1)).ToArray();
        using var imagined = CudaDevice.Imagine(capability);
        return WorkingMemory.Of(imagined, model.Part, model.Types, model.Transfer, LargestPasses.OfShares(signs, samples, [.. Enumerable.Repeat(row, samples)]));
    }
}
