using System.Runtime.InteropServices;

namespace DistZO.Devices.Tests.Kernels;

/// <summary>
/// Some kernel calls on one device with tensors of fixed random content, and what came of them as bytes. On two devices that follow
/// cpu-v1 the bytes are equal. A NaN is written as the one canonical NaN: its payload is not part of the contract.
/// </summary>
internal sealed class Scenario : IDisposable
{
    private readonly Device _device;
    private readonly List<IDisposable> _owned = [];
    private readonly MemoryStream _results = new();
    private int _ordinal;

    /// <param name="device">Where it runs; the caller keeps owning it.</param>
    /// <param name="probes">Evaluated side by side.</param>
    /// <param name="sequences">Cover the tokens of the pass.</param>
    /// <param name="pending">Committed steps that the tensors lack.</param>
    public Scenario(Device device, Probe[] probes, TokenSequence[] sequences, int pending = 0)
    {
        _device = device;
        var updates = new UpdateHistory();
        foreach (var update in SampleUpdates.Create(pending, directions: 2)) updates.Append(update);
        Pass = new Pass
        {
            Tokens = new int[sequences[^1].Start + sequences[^1].Length],
            Sequences = sequences,
            Probes = probes,
            Updates = updates,
            Step = pending,
            IsRounded = true,
        };
    }

    public Pass Pass { get; }

    /// <summary>What was kept so far.</summary>
    public byte[] Results => _results.ToArray();

    /// <summary>Sequences of these lengths without prefixes, one after the other.</summary>
    public static TokenSequence[] Sequences(params int[] lengths)
    {
        var start = 0;
        return [.. lengths.Select(length => new TokenSequence((start += length) - length, length, 0, 0))];
    }

    /// <summary>A tensor with values between −1 and 1, or the given ones.</summary>
    public Parameter Tensor(
        TensorRole role, WeightType type, long[] shape, bool trainable = true, float[]? values = null, TransferType? transfer = null)
    {
        var ordinal = _ordinal++;
        var random = new Random(1000 + ordinal);
        var length = (int)shape.Aggregate(1L, (product, n) => product * n);
        values ??= [.. Enumerable.Range(0, length).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        var memory = _device.Allocate((long)length * type.Size());
        _device.Upload(Bytes(values, type), memory, 0);
        return Own(new Parameter($"tensor {ordinal}", shape, role, ordinal, trainable, type, memory) { Transfer = transfer });
    }

    /// <summary>Activations of all tokens of the pass, other ones for each perturbed probe.</summary>
    public Activations Input(int features, float[]? values = null)
    {
        var tokens = Pass.Tokens.Length;
        var table = Tensor(TensorRole.Embedding, WeightType.Float32, [tokens, features], values: values);
        var x = Output(features);
        _device.Lookup(Pass, table, [.. Enumerable.Range(0, tokens)], x, accumulate: false, foldsElsewhere: false);
        return x;
    }

    /// <summary>An empty buffer for what a kernel computes.</summary>
    public Activations Output(int features) => Own(_device.CreateActivations(features));

    /// <summary>Adds the activations of every probe to the results.</summary>
    public void Keep(Activations x)
    {
        var values = new float[x.Tokens * x.Features];
        for (var probe = 0; probe < Pass.Probes.Count; probe++)
        {
            _device.Read(x, probe, values);
            for (var i = 0; i < values.Length; i++) values[i] = float.IsNaN(values[i]) ? float.NaN : values[i];
            _results.Write(MemoryMarshal.AsBytes<float>(values));
        }
    }

    /// <summary>Adds numbers to the results.</summary>
    public void Keep(ReadOnlySpan<double> values)
    {
        foreach (var x in values) _results.Write(BitConverter.GetBytes(double.IsNaN(x) ? double.NaN : x));
    }

    /// <summary>Adds a tensor's stored weights, its step and its digest to the results.</summary>
    public void Keep(Parameter parameter)
    {
        var bytes = new byte[parameter.Length * parameter.Type.Size()];
        _device.Download(parameter.Storage, 0, bytes);
        _results.Write(bytes);
        _results.Write(BitConverter.GetBytes(parameter.FoldedTo));
        _results.Write(BitConverter.GetBytes(_device.Digest(parameter)));
    }

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    private static byte[] Bytes(float[] values, WeightType type) => type switch
    {
        WeightType.Float32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
        WeightType.BFloat16 => MemoryMarshal.AsBytes<ushort>([.. values.Select(WeightFormat.ToBFloat16)]).ToArray(),
        _ => MemoryMarshal.AsBytes<ushort>([.. values.Select(WeightFormat.ToFloat16)]).ToArray(),
    };

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
