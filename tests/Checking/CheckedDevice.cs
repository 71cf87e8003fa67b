using DistZO.Devices;

namespace DistZO.Tests;

/// <summary>
/// A device that checks every access to memory against events, and lets its streams run as late or as early as chance wants: what is
/// right on it does not depend on luck. Devices of one log may be used by several threads, and do one thing at a time.
/// </summary>
/// <param name="inner">Computes; owned.</param>
/// <param name="seed">Of the order in which streams run.</param>
/// <param name="log">Shared by devices that reach each other.</param>
internal sealed class CheckedDevice(Device inner, int seed, AccessLog log) : Device
{
    private readonly Random _random = new(seed);
    private readonly List<CheckedStream> _streams = [];
    private readonly int _actor = log.AddActor("kernel");
    private bool _running;

    public Device Inner => inner;

    public AccessLog Log => log;

    public override string Arithmetic => inner.Arithmetic;

    public override string Description => inner.Description;

    /// <summary>Runs some of what is queued, or nothing.</summary>
    public void Chance()
    {
        if (_running) return;
        _running = true;
        for (var turns = _random.Next(4); turns > 0; turns--)
        {
            var ready = _streams.Where(stream => stream.HasMore).ToList();
            if (ready.Count > 0) ready[_random.Next(ready.Count)].RunOne();
        }

        _running = false;
    }

    public void FoldNow(FoldRange range, WeightUpdate[] updates)
    {
        using var stream = inner.CreateStream(new StreamOptions("fold"));
        stream.Fold(range, updates);
    }

    /// <summary>What a stream does on the host, done at once.</summary>
    public void HostNow(Action<DeviceStream> work)
    {
        using var stream = inner.CreateStream(new StreamOptions("host"));
        work(stream);
        stream.Record().Synchronize();
    }

    /// <summary>Bytes that were allocated, freed ones too.</summary>
    public long AllocatedBytes { get; private set; }

    public override DeviceMemory Allocate(long bytes)
    {
        AllocatedBytes += bytes;
        var memory = inner.Allocate(bytes);
        return new CheckedMemory(memory, memory, 0);
    }

    public override void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset)
    {
        using var gate = Enter();
        var to = (CheckedMemory)destination;
        log.Note(_actor, to.Root, to.Offset + offset, source.Length, true, "storing");
        inner.Upload(source, to.Inner, offset);
    }

    public override void Download(DeviceMemory source, long offset, Span<byte> destination)
    {
        using var gate = Enter();
        var from = (CheckedMemory)source;
        log.Note(_actor, from.Root, from.Offset + offset, destination.Length, false, "loading");
        inner.Download(from.Inner, offset, destination);
    }

    public override DeviceStream CreateStream(StreamOptions options)
    {
        using var gate = Enter();
        var stream = new CheckedStream(this, options);
        _streams.Add(stream);
        return stream;
    }

    public override void Await(DeviceEvent happened)
    {
        using var gate = Enter();
        log.Merge(_actor, ((CheckedEvent)happened).Known);
        happened.Synchronize();
    }

    public override DeviceEvent Record()
    {
        using var gate = Enter();
        return new CheckedEvent(null, 0, log.Snapshot(_actor));
    }

    public override Activations CreateActivations(int features) => inner.CreateActivations(features);

    public override void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere)
    {
        using var own = Use(pass.Step, foldsElsewhere, table);
        inner.Lookup(pass, table, rows, y, accumulate, foldsElsewhere);
    }

    public override void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false)
    {
        using var own = Use(pass.Step, false, weight, bias);
        inner.Linear(pass, weight, bias, x, y, activation, merge, inputsFirst);
    }

    public override void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge) =>
        inner.Combine(pass, scale, x, y, activation, merge);

    public override void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y)
    {
        using var own = Use(pass.Step, false, scale, shift);
        inner.LayerNorm(pass, scale, shift, epsilon, x, y);
    }

    public override void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y)
    {
        using var own = Use(pass.Step, false, scale);
        inner.RmsNorm(pass, scale, epsilon, x, y);
    }

    public override void Rotate(Pass pass, Activations angles, Activations x) => inner.Rotate(pass, angles, x);

    public override void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y) =>
        inner.Attention(pass, shape, q, k, v, y);

    public override void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y) => inner.Gather(pass, x, rows, y);

    public override void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens) => inner.Scatter(pass, x, rows, y, tokens);

    public override void Spread(Pass pass, Activations x, Activations y) => inner.Spread(pass, x, y);

    public override void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        using var own = Use(pass.Step, false, head, bias);
        inner.LogProbabilities(pass, head, bias, x, targets, result);
    }

    public override void Read(Activations x, int probe, Span<float> destination) => inner.Read(x, probe, destination);

    public override void Fold(Parameter parameter, UpdateHistory updates, int step)
    {
        using var own = Use(step, false, parameter);
        inner.Fold(parameter, updates, step);
    }

    public override UInt128 Digest(Parameter parameter)
    {
        using var own = Use(parameter.FoldedTo, false, parameter);
        return inner.Digest(parameter);
    }

    public override void Dispose()
    {
        foreach (var stream in _streams) stream.Dispose();
        inner.Dispose();
    }

    /// <summary>One thing at a time on all devices of the log; until it is disposed.</summary>
    public Held Enter() => new(log.Gate);

    /// <summary>The parameters are where the inner device knows them, as long as a kernel runs.</summary>
    private Binding Use(int step, bool isOnlyRead, params Parameter?[] parameters)
    {
        var held = Enter();
        List<(Parameter, CheckedMemory)> bound = [];
        foreach (var parameter in parameters)
        {
            if (parameter?.Storage is not CheckedMemory memory) continue;
            var writes = !isOnlyRead && parameter.Trainable && parameter.FoldedTo < step;
            var bytes = parameter.IsPacked ? PackedLayout.BytesOf(parameter) : BlockLayout.BytesOf(parameter);
            log.Note(_actor, memory.Root, memory.Offset, bytes, writes, $"using {parameter.Name}");
            parameter.Bind(memory.Inner, parameter.IsPacked);
            bound.Add((parameter, memory));
        }

        return new Binding(bound, held);
    }

    internal readonly struct Held : IDisposable
    {
        private readonly object _gate;

        public Held(object gate) => Monitor.Enter(_gate = gate);

        public void Dispose() => Monitor.Exit(_gate);
    }

    private sealed class Binding(List<(Parameter Parameter, CheckedMemory Memory)> bound, Held held) : IDisposable
    {
        public void Dispose()
        {
            foreach (var (parameter, memory) in bound) parameter.Bind(memory, parameter.IsPacked);
            held.Dispose();
        }
    }
}
