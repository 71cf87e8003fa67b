using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>
/// A known-answer test that a device passes before it may take part in a run: one small forward pass through a layer of OPT's kind and one of
/// LLaMA's, with pending commits and both signs of two directions, whose bits are fixed by cpu-v1. It finds what would otherwise show up as wrong losses hours later: a
/// flush-to-zero mode that some native library switched on, a faulty vector unit, a miscompiled kernel. A device of another arithmetic must fold to
/// the same bits, and come as near to the known activations and losses as its formats allow.
/// </summary>
public static class DeviceSelfTest
{
    /// <summary>The digest of all results under cpu-v1 and philox-v1.</summary>
    internal const ulong Expected = 0x79c36ecdc195d479;

    /// <summary>Of the norm of the difference to that of the known values: several layers of products of bfloat16 are within.</summary>
    private const double Tolerance = 0.05;

    private const int Width = 36;
    private const int Vocabulary = 113;
    private const int Tokens = 21;

    /// <summary>Throws <see cref="RunFailedException"/> if the device does not compute the known answers.</summary>
    public static void Require(Device device)
    {
        var found = Compute(device);
        var failure = device.Arithmetic == CpuArithmetic.Version ? Compare(found.Fingerprint) : Compare(found);
        if (failure is null) return;
        throw new RunFailedException(
            $"{device.Description} fails its self-test ({failure}), so its losses could not be trusted; "
            + (device.Arithmetic == CpuArithmetic.Version ? "set DISTZO_SIMD=v128 or scalar to find the faulty unit, or use another machine" : "use another device"));
    }

    /// <summary>Digest of the losses, the folded weights and the z of one small pass.</summary>
    internal static ulong Fingerprint(Device device) => Compute(device).Fingerprint;

    private static string? Compare(ulong found) => found == Expected ? null : $"answer {found:x16}, known answer {Expected:x16}";

    private static string? Compare(Answers found)
    {
        using var reference = new ReferenceDevice();
        var known = Compute(reference);
        if (found.Folded != known.Folded) return $"folded weights {WeightsDigest.Text(found.Folded)}, known ones {WeightsDigest.Text(known.Folded)}";
        return Compare("losses", [.. found.Losses.Select(x => (float)x)], [.. known.Losses.Select(x => (float)x)])
            ?? Compare("activations", found.Hidden, known.Hidden)
            ?? Compare("activations of a rotary layer", found.Rotary, known.Rotary);
    }

    private static string? Compare(string what, float[] found, float[] known)
    {
        double difference = 0, size = 0;
        for (var i = 0; i < known.Length; i++)
        {
            difference += Math.Pow(found[i] - known[i], 2);
            size += Math.Pow(known[i], 2);
        }

        var distance = Math.Sqrt(difference / size);
        // A NaN is no distance at all.
        return distance < Tolerance ? null : $"{what} are {distance:g3} from the known ones, relative to their norm, and {Tolerance} is allowed";
    }

    private static Answers Compute(Device device)
    {
        var updates = new UpdateHistory();
        updates.Append(new WeightUpdate(0.999f, [new UpdateDirection(0x0123456789ABCDEF, 1e-3f), new UpdateDirection(42, -2e-3f)]));
        updates.Append(new WeightUpdate(1f, [new UpdateDirection(7, 1e-4f)]));
        var ids = new int[Tokens];
        for (var i = 0; i < ids.Length; i++) ids[i] = i * 31 % Vocabulary;
        var pass = new Pass
        {
            Tokens = ids,
            Sequences = [new TokenSequence(0, 17, 0, 0), new TokenSequence(17, Tokens - 17, 0, 17)],
            Probes = [new Probe(1, 1e-3f), new Probe(1, -1e-3f), new Probe(ulong.MaxValue, 0.5f), Probe.Plain],
            Updates = updates,
            Step = 2,
        };
        using var table = Weights(device, 0, TensorRole.Embedding, WeightType.Float32, 1f, Vocabulary, Width);
        using var matrix = Weights(device, 1, TensorRole.Matrix, WeightType.BFloat16, 1f, Width, Width);
        using var bias = Weights(device, 2, TensorRole.Bias, WeightType.Float16, 1f, Width);
        using var norm = Weights(device, 3, TensorRole.Norm, WeightType.Float32, 1f, Width);
        // Subnormal weights that are multiplied by large activations: zeros if the unit flushes.
        using var subnormal = Weights(device, 4, TensorRole.Matrix, WeightType.Float32, 1e-39f, Width, Width);
        using var x = device.CreateActivations(Width);
        using var y = device.CreateActivations(Width);
        device.Lookup(pass, table, ids, x, accumulate: false, foldsElsewhere: true);
        device.Linear(pass, matrix, bias, x, y, Activation.Relu, Merge.Replace);
        device.LayerNorm(pass, norm, norm, 1e-5f, y, y);
        device.Attention(pass, new AttentionShape(3, 3, Width / 3, 0.25f), y, x, x, y);
        device.Linear(pass, subnormal, null, y, x, Activation.None, Merge.Add);

        var targets = new TokenTarget[Tokens];
        for (var i = 0; i < Tokens; i++) targets[i] = new TokenTarget(i, ids[Tokens - 1 - i]);
        var results = new double[pass.Probes.Count * Tokens];
        device.LogProbabilities(pass, table, null, x, targets, results);

        var hidden = new float[Tokens * Width];
        device.Read(x, 1, hidden);
        var rotary = RotaryLayer(device, pass, x);
        UInt128 folded = 0;
        foreach (var parameter in (Parameter[])[table, matrix, bias, norm, subnormal]) folded += device.Digest(parameter);
        return new Answers(results, hidden, rotary, folded);
    }

    /// <summary>What a device found.</summary>
    /// <param name="Losses">[probe][token].</param>
    /// <param name="Hidden">[token][feature], of one probe.</param>
    /// <param name="Rotary">[probe][token][feature].</param>
    /// <param name="Folded">Digest of the weights.</param>
    private sealed record Answers(double[] Losses, float[] Hidden, float[] Rotary, UInt128 Folded)
    {
        public ulong Fingerprint
        {
            get
            {
                var digest = Folded;
                digest += WeightsDigest.Sum(MemoryMarshal.AsBytes(Losses.AsSpan()), 0, 100);
                digest += WeightsDigest.Sum(MemoryMarshal.AsBytes(Hidden.AsSpan()), 0, 101);
                digest += WeightsDigest.Sum(MemoryMarshal.AsBytes(Rotary.AsSpan()), 0, 102);
                return (ulong)digest ^ (ulong)(digest >> 64);
            }
        }
    }

    /// <summary>
    /// A layer of LLaMA's kind over x: RMS norms over all features and over each head's, rotary positions, key heads that several query
    /// heads share, a sliding window, SwiGLU; then attention to all tokens, and both kinds of GELU.
    /// </summary>
    /// <returns>[probe][token][feature].</returns>
    private static float[] RotaryLayer(Device device, Pass pass, Activations x)
    {
        const int heads = 6, shared = 2, width = Width / heads, inner = 52, window = 5;
        using var norm = Weights(device, 5, TensorRole.Norm, WeightType.Float16, 1f, Width);
        using var headNorm = Weights(device, 6, TensorRole.Norm, WeightType.Float32, 1f, width);
        using var query = Weights(device, 7, TensorRole.Matrix, WeightType.Float16, 1f, Width, Width);
        using var key = Weights(device, 8, TensorRole.Matrix, WeightType.BFloat16, 1f, shared * width, Width);
        using var value = Weights(device, 9, TensorRole.Matrix, WeightType.Float32, 1f, shared * width, Width);
        using var gate = Weights(device, 10, TensorRole.Matrix, WeightType.Float32, 0.2f, inner, Width);
        using var up = Weights(device, 11, TensorRole.Matrix, WeightType.Float32, 0.2f, inner, Width);
        using var down = Weights(device, 12, TensorRole.Matrix, WeightType.Float32, 0.2f, inner, Width);
        // Cosines and sines need be none for their products to have known bits.
        using var turns = Weights(device, 13, TensorRole.Embedding, WeightType.Float32, 1f, Tokens, width);
        using var angles = device.CreateActivations(width);
        using var normed = device.CreateActivations(Width);
        using var q = device.CreateActivations(Width);
        using var k = device.CreateActivations(shared * width);
        using var v = device.CreateActivations(shared * width);
        using var y = device.CreateActivations(inner);

        device.Lookup(pass, turns, [.. Enumerable.Range(0, Tokens)], angles, accumulate: false, foldsElsewhere: true);
        device.RmsNorm(pass, norm, 1e-6f, x, normed);
        device.Linear(pass, query, null, normed, q, Activation.None, Merge.Replace);
        device.Linear(pass, key, null, normed, k, Activation.None, Merge.Replace);
        device.Linear(pass, value, null, normed, v, Activation.None, Merge.Replace);
        foreach (var projected in (Activations[])[q, k])
        {
            device.RmsNorm(pass, headNorm, 1e-6f, projected, projected);
            device.Rotate(pass, angles, projected);
        }

        device.Attention(pass, new AttentionShape(heads, shared, width, 0.5f, window), q, k, v, q);
        device.Linear(pass, gate, null, q, y, Activation.Silu, Merge.Replace);
        device.Linear(pass, up, null, q, y, Activation.None, Merge.Multiply);
        device.Linear(pass, down, null, y, q, Activation.None, Merge.Add, inputsFirst: true);
        device.Attention(pass, new AttentionShape(heads, shared, width, 0.5f, Causal: false), q, k, v, q);
        device.Combine(pass, 0.5f, q, q, Activation.GeluTanh, Merge.Add);
        device.Combine(pass, 0.5f, x, q, Activation.Gelu, Merge.Add);

        var result = new float[pass.Probes.Count * Tokens * Width];
        for (var probe = 0; probe < pass.Probes.Count; probe++) device.Read(q, probe, result.AsSpan(probe * Tokens * Width, Tokens * Width));
        return result;
    }

    private static Parameter Weights(Device device, int ordinal, TensorRole role, WeightType type, float scale, params long[] shape)
    {
        var count = 1L;
        foreach (var n in shape) count *= n;
        var values = new float[count];
        for (var i = 0; i < values.Length; i++) values[i] = Gaussian.At(99, (uint)ordinal, i) * scale;
        var bytes = new byte[count * type.Size()];
        WeightConversion.Convert(MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32, bytes, type);
        var memory = device.Allocate(bytes.Length);
        device.Upload(bytes, memory, 0);
        return new Parameter($"self-test {ordinal}", shape, role, ordinal, trainable: true, type, memory);
    }
}
