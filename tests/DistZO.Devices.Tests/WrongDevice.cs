namespace DistZO.Devices.Tests;

/// <summary>The reference device, but for one kernel.</summary>
internal sealed class WrongDevice(WrongKernel wrong) : Device
{
    private readonly ReferenceDevice _inner = new();

    public override string Arithmetic => _inner.Arithmetic;

    public override string Description => "a wrong device";

    public override DeviceMemory Allocate(long bytes) => _inner.Allocate(bytes);

    public override void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset) => _inner.Upload(source, destination, offset);

    public override void Download(DeviceMemory source, long offset, Span<byte> destination) => _inner.Download(source, offset, destination);

    public override DeviceStream CreateStream(StreamOptions options) => _inner.CreateStream(options);

    public override void Await(DeviceEvent happened) => _inner.Await(happened);

    public override DeviceEvent Record() => _inner.Record();

    public override Activations CreateActivations(int features) => _inner.CreateActivations(features);

    public override void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere) =>
        _inner.Lookup(pass, table, rows, y, accumulate, foldsElsewhere);

    public override void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false) =>
        _inner.Linear(pass, weight, bias, x, y, Right(activation), Right(merge), inputsFirst);

    public override void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y) =>
        _inner.LayerNorm(pass, scale, shift, epsilon, x, y);

    public override void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y) =>
        _inner.RmsNorm(pass, scale, wrong == WrongKernel.RmsNorm ? 2 * epsilon : epsilon, x, y);

    public override void Rotate(Pass pass, Activations angles, Activations x)
    {
        if (wrong != WrongKernel.Rotate) _inner.Rotate(pass, angles, x);
    }

    public override void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y) =>
        _inner.Attention(
            pass,
            shape with
            {
                KeyValueHeads = wrong == WrongKernel.SharedHeads ? 1 : shape.KeyValueHeads,
                Window = wrong == WrongKernel.Window ? AttentionShape.NoWindow : shape.Window,
                Causal = wrong == WrongKernel.AttentionToAll || shape.Causal,
            },
            q,
            k,
            v,
            y);

    public override void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge) =>
        _inner.Combine(pass, scale, x, y, Right(activation), merge);

    public override void Spread(Pass pass, Activations x, Activations y) => _inner.Spread(pass, x, y);

    public override void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y) => _inner.Gather(pass, x, rows, y);

    public override void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens) => _inner.Scatter(pass, x, rows, y, tokens);

    public override void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        _inner.LogProbabilities(pass, head, bias, x, targets, result);
        if (wrong == WrongKernel.LogProbabilities) result[0] = Math.BitIncrement(result[0]);
    }

    public override void Read(Activations x, int probe, Span<float> destination) => _inner.Read(x, probe, destination);

    public override void Fold(Parameter parameter, UpdateHistory updates, int step) => _inner.Fold(parameter, updates, step);

    public override UInt128 Digest(Parameter parameter) => _inner.Digest(parameter);

    public override void Dispose() => _inner.Dispose();

    private Activation Right(Activation activation) => (wrong, activation) is
        (WrongKernel.Silu, Activation.Silu) or (WrongKernel.Gelu, Activation.Gelu) or (WrongKernel.GeluTanh, Activation.GeluTanh) ? Activation.Relu : activation;

    private Merge Right(Merge merge) => wrong == WrongKernel.Multiply && merge == Merge.Multiply ? Merge.Add : merge;
}

/// <summary>What a <see cref="WrongDevice"/> computes wrongly: the last bit of one result, or a part that it leaves out.</summary>
internal enum WrongKernel
{
    LogProbabilities,
    RmsNorm,
    Rotate,
    SharedHeads,
    Window,
    AttentionToAll,
    Silu,
    Multiply,
    Gelu,
    GeluTanh,
}
