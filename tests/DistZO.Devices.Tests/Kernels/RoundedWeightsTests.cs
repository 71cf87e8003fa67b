namespace DistZO.Devices.Tests.Kernels;

/// <summary>Kernels over weights that are rounded for transfer, as they are held and as they were packed.</summary>
[Collection(SimdTierCollection.Name)]
public class RoundedWeightsTests
{
    public static TheoryData<TransferType, WeightType, int, int, int> Layers()
    {
        var data = new TheoryData<TransferType, WeightType, int, int, int>();
        foreach (var type in Enum.GetValues<TransferType>())
        {
            foreach (var (inputs, outputs) in new[] { (1, 1), (5, 12), (33, 97), (384, 13), (401, 29), (800, 24) })
            {
                data.Add(type, WeightType.Float32, inputs, outputs, 3);
                data.Add(type, WeightType.BFloat16, inputs, outputs, 0);
            }

            data.Add(type, WeightType.Float16, 70, 9, 1);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Layers))]
    public void Linear_OfRoundedWeights_IsTheReferences(TransferType transfer, WeightType held, int inputs, int outputs, int pending) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(18), pending);
            foreach (var inputsFirst in new[] { false, true })
            {
                var weight = s.Tensor(TensorRole.Matrix, held, inputsFirst ? [inputs, outputs] : [outputs, inputs], transfer: transfer);
                var y = s.Output(outputs);
                device.Linear(s.Pass, weight, null, s.Input(inputs), y, Activation.None, Merge.Replace, inputsFirst);
                s.Keep(y);
                s.Keep(weight);
            }

            return s.Results;
        });

    [SkippableTheory]
    [InlineData(TransferType.BFloat16, 24, 3)]
    [InlineData(TransferType.Float8, 24, 3)]
    [InlineData(TransferType.Float8, 32, 1)]
    [InlineData(TransferType.Float8, 385, 0)]
    public void TiedTable_OfRoundedWeights_IsTheReferences(TransferType transfer, int features, int pending) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(9), pending);
        var table = s.Tensor(TensorRole.Embedding, WeightType.Float32, [131, features], transfer: transfer);
        var x = s.Output(features);
        device.Lookup(s.Pass, table, [130, 0, 7, 7, 96, 95, 1, 2, 3], x, accumulate: false, foldsElsewhere: true);
        s.Keep(x);
        TokenTarget[] targets = [new(0, 130), new(8, 0)];
        var result = new double[2 * targets.Length];
        device.LogProbabilities(s.Pass, table, null, x, targets, result);
        s.Keep(result);
        s.Keep(table);
        return s.Results;
    });

    /// <summary>A tensor that was packed on the host gives the bits of the one that it was packed from.</summary>
    [SkippableTheory]
    [InlineData(TransferType.BFloat16, true)]
    [InlineData(TransferType.Float8, true)]
    [InlineData(TransferType.Float8, false)]
    public unsafe void Packed_GivesTheBitsOfTheHeldTensor(TransferType transfer, bool trainable)
    {
        var seen = new List<byte[]>();
        foreach (var isPacked in new[] { false, true })
        {
            SameBits.OnEveryTier(device =>
            {
                using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(18));
                var weight = s.Tensor(TensorRole.Matrix, WeightType.Float32, [29, 401], trainable, transfer: transfer);
                var held = new byte[weight.Length * 4];
                device.Download(weight.Storage, 0, held);
                var packed = new byte[PackedTensor.BytesOf(transfer, weight.Length)];
                fixed (byte* from = held)
                fixed (byte* to = packed) PackedTensor.Pack(from, WeightType.Float32, transfer, weight.Length, 0, (int)weight.Length, to);
                var (before, memory) = (weight.Storage, device.Allocate(packed.Length));
                device.Upload(packed, memory, 0);
                if (isPacked) weight.Bind(memory, isPacked: true);
                var y = s.Output(29);
                device.Linear(s.Pass, weight, null, s.Input(401), y, Activation.None, Merge.Replace);
                s.Keep(y);
                weight.Bind(before);
                memory.Dispose();
                if (device is ReferenceDevice) seen.Add(s.Results);
                return s.Results;
            });
        }

        Assert.Equal(seen[0], seen[^1]);
    }
}
