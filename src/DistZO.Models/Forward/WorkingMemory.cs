using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// What passes take of a device's memory besides weights: activations, perturbed parts of matrices, tables, workspaces of libraries. It is not a
/// formula but the forward pass itself, made on a device that allocates in numbers only, so it holds for every family and adapter.
/// </summary>
public static class WorkingMemory
{
    /// <summary>Tables of commits, sequences and rows, which grow with what there is to catch up with.</summary>
    private const long Tables = 4 << 20;

    /// <summary>What a tensor's place is rounded up to at most.</summary>
    private const int TensorRounding = 512;

    /// <summary>Bytes that passes need at most, at any time of a run that makes all of them.</summary>
    /// <param name="device">Of <see cref="Device.OpenImagined"/>, new.</param>
    /// <param name="part">The model, and what of it is trained.</param>
    /// <param name="types">The number format of each tensor.</param>
    /// <param name="transfer">What tensors are rounded to where a pass rounds; null for nothing.</param>
    /// <param name="passes">The largest of each kind; none for a run that only folds.</param>
    public static long Of(
        Device device, ModelPart part, IReadOnlyDictionary<string, WeightType> types, TransferType? transfer, IReadOnlyList<PassSize> passes)
    {
        using var model = ModelAssembly.Build(device, part, types, transfer, InitialValues.None, null, (_, _) => { });
        // The table of positions grows by doubling at least: one position more than it has makes it the largest.
        var shorter = passes.Select(size => size.Longest).DefaultIfEmpty().Max() - 1;
        if (model.Architecture.Rotary is not null && shorter > 0) Score(model, new PassSize([Probe.Plain], 1, shorter, shorter, 1, 1));
        foreach (var size in passes)
        {
            if (size.HeldTokens > 0) Write(model, size);
            else Score(model, size);
        }

        return device.PeakBytes - model.Bytes + Rounding(part) + Tables;
    }

    /// <summary>What weights take more than their bytes where layers come and go: their tensors that stay are rounded up in what was counted.</summary>
    private static long Rounding(ModelPart part)
    {
        var largest = part.Architecture.Layers.Max(layer => layer.Tensors.Count());
        return Offloading.DefaultBuffers * ((2L * BlockLayout.Alignment) + (largest * TensorRounding));
    }

    private static void Score(Model model, PassSize size)
    {
        var targets = new TokenTarget[size.Targets];
        for (var i = 0; i < targets.Length; i++) targets[i] = new TokenTarget(i % size.Rows, 0);
        model.LogProbabilities(PassOf(size, behind: 0), [.. Enumerable.Range(0, size.Rows)], targets, new double[size.Probes.Count * targets.Length]);
    }

    private static void Write(Model model, PassSize size)
    {
        using var cache = new KeyValueCache(model.Device);
        model.NextLogits(PassOf(size, model.Architecture.VirtualTokens), [.. Enumerable.Range(0, size.Rows)], cache, size.HeldTokens, TextGenerator.RowsPerRead(model), (_, _) => { });
    }

    /// <summary>The longest sequence, and others that share the rest of the tokens, each behind so many virtual ones.</summary>
    private static Pass PassOf(PassSize size, int behind)
    {
        var sequences = new TokenSequence[Math.Clamp(size.Samples, 1, size.Tokens)];
        var rest = size.Tokens - sequences.Length;
        for (int i = 0, at = 0; i < sequences.Length; i++)
        {
            var more = Math.Min(rest, i == 0 ? Math.Max(size.Longest - 1, size.Tokens / sequences.Length) : (rest + sequences.Length - i - 1) / (sequences.Length - i));
            var held = at + (i * behind);
            sequences[i] = new TokenSequence(at, more + 1, behind > 0 ? held : 0, behind) { KeyStart = held + behind };
            (at, rest) = (at + more + 1, rest - more);
        }

        return new Pass
        {
            Tokens = new int[size.Tokens],
            Sequences = sequences,
            Probes = size.Probes,
            Updates = new UpdateHistory(),
            Step = 0,
            IsRounded = size.Probes[0].Perturbed,
        };
    }
}
