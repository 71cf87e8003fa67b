namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class LinearTests
{
    public static TheoryData<string> ProbeNames => ProbeSets.Names;

    /// <summary>Around the sizes of tiles, panels and chunks of k.</summary>
    [SkippableTheory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 12, 15)]
    [InlineData(12, 13, 16)]
    [InlineData(13, 5, 17)]
    [InlineData(176, 97, 129)]
    [InlineData(383, 24, 33)]
    [InlineData(384, 1, 32)]
    [InlineData(385, 96, 16)]
    [InlineData(800, 193, 17)]
    [InlineData(24, 800, 1)]
    public void Linear_OfAnySize_IsTheReferences(int inputs, int outputs, int tokens) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(tokens), pending: 1);
        var (weight, bias) = Layer(s, WeightType.Float32, inputs, outputs);
        var y = s.Output(outputs);
        device.Linear(s.Pass, weight, bias, s.Input(inputs), y, Activation.None, Merge.Replace);
        s.Keep(y);
        s.Keep(weight);
        s.Keep(bias);
        return s.Results;
    });

    [SkippableTheory]
    [MemberData(nameof(ProbeNames))]
    public void Linear_WithAnyProbes_IsTheReferences(string probes) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of(probes), Scenario.Sequences(21), pending: 1);
        var (weight, bias) = Layer(s, WeightType.BFloat16, 390, 26);
        var y = s.Output(26);
        device.Linear(s.Pass, weight, bias, s.Input(390), y, Activation.Relu, Merge.Replace);
        s.Keep(y);
        s.Keep(weight);
        return s.Results;
    });

    [SkippableTheory]
    [InlineData(WeightType.Float32, 0)]
    [InlineData(WeightType.Float32, 3)]
    [InlineData(WeightType.BFloat16, 0)]
    [InlineData(WeightType.BFloat16, 3)]
    [InlineData(WeightType.Float16, 1)]
    [InlineData(WeightType.Float16, 3)]
    public void Linear_OfAnyFormatAndPendingSteps_IsTheReferences(WeightType type, int pending) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(18), pending);
        var (weight, bias) = Layer(s, type, 401, 29);
        var y = s.Output(29);
        device.Linear(s.Pass, weight, bias, s.Input(401), y, Activation.None, Merge.Replace);
        s.Keep(y);
        s.Keep(weight);
        s.Keep(bias);
        return s.Results;
    });

    [SkippableTheory]
    [InlineData(false, Activation.None, Merge.Add)]
    [InlineData(true, Activation.None, Merge.Add)]
    [InlineData(true, Activation.Relu, Merge.Add)]
    [InlineData(false, Activation.Relu, Merge.Replace)]
    [InlineData(false, Activation.Relu, Merge.Add)]
    [InlineData(false, Activation.Silu, Merge.Replace)]
    [InlineData(true, Activation.Silu, Merge.Multiply)]
    [InlineData(false, Activation.None, Merge.Multiply)]
    [InlineData(true, Activation.GeluTanh, Merge.Replace)]
    [InlineData(true, Activation.Gelu, Merge.Replace)]
    public void Linear_WithBiasActivationAndMerge_IsTheReferences(bool hasBias, Activation activation, Merge merge) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(35));
            var (weight, bias) = Layer(s, WeightType.Float32, 400, 31);
            var y = s.Input(31);
            device.Linear(s.Pass, weight, hasBias ? bias : null, s.Input(400), y, activation, merge);
            s.Keep(y);
            return s.Results;
        });

    /// <summary>A matrix that is stored as its transpose: the same z at the same place of what is stored.</summary>
    [SkippableTheory]
    [InlineData(1, 1, 1, WeightType.Float32)]
    [InlineData(13, 5, 17, WeightType.Float16)]
    [InlineData(385, 97, 33, WeightType.Float32)]
    [InlineData(401, 193, 16, WeightType.BFloat16)]
    public void Linear_WithInputsFirst_IsTheReferences(int inputs, int outputs, int tokens, WeightType type) => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair and plain"), Scenario.Sequences(tokens), pending: 2);
        var weight = s.Tensor(TensorRole.Matrix, type, [inputs, outputs]);
        var y = s.Output(outputs);
        device.Linear(s.Pass, weight, null, s.Input(inputs), y, Activation.None, Merge.Replace, inputsFirst: true);
        s.Keep(y);
        s.Keep(weight);
        return s.Results;
    });

    [SkippableFact]
    public void Linear_OfFrozenWeights_IsThePlainProduct() => SameBits.OnEveryTier(device =>
    {
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(17), pending: 2);
        var weight = s.Tensor(TensorRole.Matrix, WeightType.Float16, [14, 33], trainable: false);
        var y = s.Output(14);
        device.Linear(s.Pass, weight, null, s.Input(33), y, Activation.None, Merge.Replace);
        s.Keep(y);
        s.Keep(weight);
        return s.Results;
    });

    private static (Parameter Weight, Parameter Bias) Layer(Scenario s, WeightType type, int inputs, int outputs) =>
        (s.Tensor(TensorRole.Matrix, type, [outputs, inputs]), s.Tensor(TensorRole.Bias, type, [outputs]));
}
