using DistZO.Devices;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A device on a clock of its own: nothing is moved and nothing computed, but every stream is busy for as long as its bytes take on its
/// link, and waits for events as a real one does. What is timed on it is the schedule: the very code that drives a real device.
/// </summary>
internal sealed class ClockDevice : Device
{
    /// <summary>Seconds since the beginning, as the kernels see it.</summary>
    public double Now { get; private set; }

    public override string Arithmetic => "none";

    public override string Description => "a clock";

    /// <summary>The kernels are busy for so long.</summary>
    public void Compute(double seconds) => Now += seconds;

    public override DeviceMemory Allocate(long bytes) => new ClockMemory(bytes);

    public override DeviceStream CreateStream(StreamOptions options) => new ClockStream(options, () => Now);

    public override void Await(DeviceEvent happened) => Now = Math.Max(Now, ((ClockEvent)happened).At);

    public override DeviceEvent Record() => new ClockEvent(Now, () => Now);

    public override void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset)
    {
    }

    public override void Download(DeviceMemory source, long offset, Span<byte> destination)
    {
    }

    public override Activations CreateActivations(int features) => throw Nothing();

    public override void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere) => throw Nothing();

    public override void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false) => throw Nothing();

    public override void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge) => throw Nothing();

    public override void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y) => throw Nothing();

    public override void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y) => throw Nothing();

    public override void Rotate(Pass pass, Activations angles, Activations x) => throw Nothing();

    public override void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y) => throw Nothing();

    public override void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y) => throw Nothing();

    public override void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens) => throw Nothing();

    public override void Spread(Pass pass, Activations x, Activations y) => throw Nothing();

    public override void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result) => throw Nothing();

    public override void Read(Activations x, int probe, Span<float> destination) => throw Nothing();

    public override void Fold(Parameter parameter, UpdateHistory updates, int step) => throw Nothing();

    public override UInt128 Digest(Parameter parameter) => throw Nothing();

    public override void Dispose()
    {
    }

    private static NotSupportedException Nothing() => new("A clock computes nothing.");
}
