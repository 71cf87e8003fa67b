using System.Runtime.InteropServices;
using DistZO.Devices.Cpu;

namespace DistZO.Devices.Tests.Kernels;

/// <summary>
/// A model that overflows or is damaged must end in flagged losses, never in a number that looks sound. Every kernel passes on what is
/// not finite as the reference does, up to the payload of a NaN.
/// </summary>
[Collection(SimdTierCollection.Name)]
public class NonFiniteTests
{
    private const int Features = 20;
    private const int Tokens = 35;

    public static TheoryData<float> Values => [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue];

    [SkippableTheory]
    [MemberData(nameof(Values))]
    public void Kernels_OfActivationsWithIt_GiveTheReferences(float value) => SameBits.OnEveryTier(device =>
    {
        // Token 18 lies in the middle of the second tile of queries.
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(Tokens));
        var x = s.Input(Features, Table(Tokens, at: (18 * Features) + 3, value));
        var (sound, y) = (s.Input(Features), s.Output(Features));
        var weight = s.Tensor(TensorRole.Matrix, WeightType.Float32, [Features, Features]);
        device.Linear(s.Pass, weight, null, x, y, Activation.Relu, Merge.Replace);
        s.Keep(y);
        device.LayerNorm(s.Pass, null, null, 1e-5f, x, y);
        s.Keep(y);
        device.Linear(s.Pass, weight, null, x, y, Activation.Silu, Merge.Replace);
        s.Keep(y);
        device.Linear(s.Pass, weight, null, x, y, Activation.GeluTanh, Merge.Replace);
        s.Keep(y);
        device.Linear(s.Pass, weight, null, x, y, Activation.Gelu, Merge.Replace);
        s.Keep(y);
        device.RmsNorm(s.Pass, s.Tensor(TensorRole.Norm, WeightType.Float32, [Features / 2]), 1e-5f, x, y);
        s.Keep(y);
        device.Rotate(s.Pass, x, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f, Window: 5), sound, x, sound, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f, Window: 5), sound, sound, x, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f, Causal: false), sound, x, sound, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f, Causal: false), sound, sound, x, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f), x, sound, sound, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f), sound, x, sound, y);
        s.Keep(y);
        device.Attention(s.Pass, new AttentionShape(1, 1, Features, 0.3f), sound, sound, x, y);
        s.Keep(y);
        s.Keep(Score(device, s, s.Tensor(TensorRole.Matrix, WeightType.Float32, [100, Features]), x));
        return s.Results;
    });

    [SkippableTheory]
    [MemberData(nameof(Values))]
    public void Kernels_OfWeightsWithIt_GiveTheReferences(float value) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(Tokens));
        var x = s.Input(Features);
        var y = s.Output(Features);
        var weight = s.Tensor(TensorRole.Matrix, WeightType.Float32, [Features, Features], values: Table(Features, at: 45, value));
        device.Linear(s.Pass, weight, null, x, y, Activation.Relu, Merge.Replace);
        s.Keep(y);
        var scale = s.Tensor(TensorRole.Norm, WeightType.Float32, [Features], values: Table(1, at: 4, value));
        device.LayerNorm(s.Pass, scale, null, 1e-5f, x, y);
        s.Keep(y);
        s.Keep(Score(device, s, s.Tensor(TensorRole.Matrix, WeightType.Float32, [100, Features], values: Table(100, at: 1999, value)), x));
        return s.Results;
    });

    /// <summary>One bad weight anywhere in the model, and the loss is flagged.</summary>
    [Fact]
    public void Model_WithNaNInAnyTensor_HasAFlaggedTermInEveryProbe()
    {
        using var device = CpuDevice.Open(2);
        for (var bad = 0; bad < 9; bad++)
        {
            using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(Tokens));
            var model = new SmallModel(device, s);
            var parameter = model.Parameters[bad];
            var nan = parameter.Type == WeightType.Float32 ? MemoryMarshal.AsBytes<float>([float.NaN]).ToArray() : [0xFF, 0x7F];
            device.Upload(nan, parameter.Storage, 0);
            int[] ids = [.. Enumerable.Range(0, Tokens)];
            TokenTarget[] targets = [.. ids.Select(id => new TokenTarget(id, id))];
            var result = new double[2 * Tokens];
            model.Run(ids, ids, targets, result);
            Assert.Contains(result[..Tokens], term => !FixedPoint.TryRound(-term, out _));
            Assert.Contains(result[Tokens..], term => !FixedPoint.TryRound(-term, out _));
        }
    }

    private static double[] Score(Device device, Scenario s, Parameter head, Activations x)
    {
        TokenTarget[] targets = [.. Enumerable.Range(0, Tokens).Select(row => new TokenTarget(row, row))];
        var result = new double[2 * Tokens];
        device.LogProbabilities(s.Pass, head, null, x, targets, result);
        return result;
    }

    private static float[] Table(int rows, int at, float value)
    {
        var random = new Random(at);
        var values = new float[rows * Features];
        for (var i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() - 0.5);
        values[at] = value;
        return values;
    }
}
