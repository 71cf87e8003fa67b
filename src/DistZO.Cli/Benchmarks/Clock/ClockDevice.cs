using DistZO.Devices;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A device on a clock of its own: nothing is moved and nothing computed, but every stream is busy for as long as its bytes take on its
/// link, and waits for events as a real one does. What is timed on it is the schedule: the very code that drives a real device.
/// </summary>
/// <param name="play">Of all devices.</param>
/// <param name="isAlone">Whether there is no other, so that all that can have happened by now is told.</param>
internal sealed class ClockDevice(ClockPlay play, bool isAlone) : Device
{
    private readonly int _track = play.AddTrack();
    private List<ClockTask> _waits = [];

    /// <summary>Plays what it and its streams were told.</summary>
    public ClockPlay Play => play;

    /// <summary>What its kernels and folding streams share.</summary>
    public ClockShare Cores { get; } = new();

    /// <summary>Seconds in which a stream folds a commit into an element.</summary>
    public double FoldSecondsPerElement { get; init; }

    /// <summary>Seconds in which the host folds one.</summary>
    public double HostFoldSecondsPerElement { get; init; }

    /// <summary>The last thing that the kernels were told.</summary>
    public ClockTask Last { get; private set; } = new([]) { End = 0 };

    /// <summary>Seconds since the beginning, as the kernels see it.</summary>
    public double Now => play.EndOf(Awaited());

    /// <summary>The kernels are busy for so long.</summary>
    public void Compute(double seconds)
    {
        Last = new ClockTask(_waits) { Share = Cores, SharedSeconds = seconds };
        _waits = [];
        play.Tell(_track, Last);
    }

    /// <summary>Whether something has happened by now. Of several devices none knows how far the others are.</summary>
    public bool HasHappened(ClockTask task)
    {
        if (isAlone) play.EndOf(Awaited());
        return isAlone && task.End is not null;
    }

    public override string Arithmetic => "none";

    public override string Description => "a clock";

    public override DeviceMemory Allocate(long bytes) => new ClockMemory(bytes);

    public override DeviceStream CreateStream(StreamOptions options) => new ClockStream(options, this);

    public override void Await(DeviceEvent happened) => _waits.Add(((ClockEvent)happened).Task);

    public override DeviceEvent Record() => new ClockEvent(Awaited(), HasHappened);

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

    private ClockTask Awaited()
    {
        if (_waits.Count > 0) Compute(0);
        return Last;
    }

    private static NotSupportedException Nothing() => new("A clock computes nothing.");
}
