namespace DistZO.Devices.Tests.Kernels;

/// <summary>All kernels in the order of a model with one layer; the residual stream has 24 features, the vocabulary 201 tokens.</summary>
internal sealed class SmallModel
{
    public const int Vocabulary = 201;
    private const int Features = 24;
    private const int Inner = 400;
    private readonly Device _device;
    private readonly Scenario _scenario;
    private readonly Parameter _table;
    private readonly Parameter _scale;
    private readonly Parameter _shift;
    private readonly Parameter _query;
    private readonly Parameter _key;
    private readonly Parameter _value;
    private readonly Parameter _up;
    private readonly Parameter _upBias;
    private readonly Parameter _down;
    private readonly Activations _x;
    private readonly Activations _q;
    private readonly Activations _k;
    private readonly Activations _v;
    private readonly Activations _inner;
    private readonly Activations _gathered;

    /// <param name="device">Where it runs.</param>
    /// <param name="scenario">Owns the tensors.</param>
    public SmallModel(Device device, Scenario scenario)
    {
        (_device, _scenario) = (device, scenario);
        _table = scenario.Tensor(TensorRole.Embedding, WeightType.Float32, [Vocabulary, Features]);
        _scale = scenario.Tensor(TensorRole.Norm, WeightType.Float32, [Features]);
        _shift = scenario.Tensor(TensorRole.Norm, WeightType.Float32, [Features]);
        _query = scenario.Tensor(TensorRole.Matrix, WeightType.BFloat16, [Features, Features]);
        _key = scenario.Tensor(TensorRole.Matrix, WeightType.Float16, [Features, Features]);
        _value = scenario.Tensor(TensorRole.Matrix, WeightType.Float32, [Features, Features]);
        _up = scenario.Tensor(TensorRole.Matrix, WeightType.Float32, [Inner, Features]);
        _upBias = scenario.Tensor(TensorRole.Bias, WeightType.Float32, [Inner]);
        _down = scenario.Tensor(TensorRole.Matrix, WeightType.Float32, [Features, Inner]);
        (_x, _q, _k, _v) = (scenario.Output(Features), scenario.Output(Features), scenario.Output(Features), scenario.Output(Features));
        (_inner, _gathered) = (scenario.Output(Inner), scenario.Output(Features));
    }

    /// <summary>The tensors, for what a test does to them.</summary>
    public IReadOnlyList<Parameter> Parameters => [_table, _scale, _shift, _query, _key, _value, _up, _upBias, _down];

    /// <summary>Log-probabilities [probe][target] of targets, whose rows count within <paramref name="rows"/>.</summary>
    public void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> rows, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        var pass = _scenario.Pass;
        _device.Lookup(pass, _table, ids, _x, accumulate: false, foldsElsewhere: true);
        _device.LayerNorm(pass, _scale, _shift, 1e-5f, _x, _q);
        _device.Linear(pass, _key, null, _q, _k, Activation.None, Merge.Replace);
        _device.Linear(pass, _value, null, _q, _v, Activation.None, Merge.Replace);
        _device.Linear(pass, _query, null, _k, _q, Activation.None, Merge.Replace);
        _device.Attention(pass, new AttentionShape(2, 2, _q.Features / 2, 0.25f), _q, _k, _v, _q);
        _device.Linear(pass, _up, _upBias, _q, _inner, Activation.Relu, Merge.Replace);
        _device.Linear(pass, _down, null, _inner, _x, Activation.None, Merge.Add);
        _device.Gather(pass, _x, rows, _gathered);
        _device.LogProbabilities(pass, _table, null, _gathered, targets, result);
    }
}
