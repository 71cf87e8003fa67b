using DistZO.Devices.Cpu.Simd;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Cpu;

/// <summary>The CPU as a device: managed SIMD, no native dependency. Losses follow cpu-v1, so they are the same bits on every CPU,
/// for any number of threads.</summary>
public static class CpuDevice
{
    /// <summary>Opens the CPU with the widest instruction set that it runs well.</summary>
    /// <param name="threads">Threads to compute on, the caller's included; at least 1.</param>
    public static Device Open(int threads) => SimdSupport.Tier switch
    {
        SimdTier.V512 => new CpuDevice<Lanes512>(threads, "AVX-512"),
        SimdTier.V256 => new CpuDevice<Lanes256>(threads, "AVX2"),
        SimdTier.V128 => new CpuDevice<Lanes128>(threads, "128-bit vectors"),
        _ => new ReferenceDevice(),
    };
}

/// <summary>The CPU device at one vector width.</summary>
internal sealed class CpuDevice<TLanes> : Device
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly WorkerPool _pool;
    private readonly HostMemoryAccess _access;
    private readonly PackedRows<TLanes>[] _packed;
    private readonly LinearWork<TLanes> _linear;
    private readonly LayerNormWork<TLanes> _layerNorm;
    private readonly RmsNormWork<TLanes> _rmsNorm;
    private readonly RotationWork<TLanes> _rotation;
    private readonly AttentionWork<TLanes> _attention;
    private readonly VocabularyWork<TLanes> _vocabulary;
    private readonly LookupWork _lookup;
    private readonly CombineWork<TLanes> _combine;
    private readonly GatherWork _gather;
    private readonly ScatterWork _scatter;
    private readonly FoldWork _fold;
    private readonly DigestWork _digest;

    public CpuDevice(int threads, string instructions)
    {
        _pool = new WorkerPool(threads);
        _access = new HostMemoryAccess(AddressOf, new WeightKernels(), threads);
        _packed = [.. Enumerable.Range(0, threads).Select(_ => new PackedRows<TLanes>())];
        _linear = new LinearWork<TLanes>(_pool, _packed);
        _layerNorm = new LayerNormWork<TLanes>(_pool);
        _rmsNorm = new RmsNormWork<TLanes>(_pool);
        _rotation = new RotationWork<TLanes>(_pool);
        _attention = new AttentionWork<TLanes>(_pool);
        _vocabulary = new VocabularyWork<TLanes>(_pool, _packed);
        _lookup = new LookupWork(_pool);
        _combine = new CombineWork<TLanes>(_pool);
        _gather = new GatherWork(_pool);
        _scatter = new ScatterWork(_pool);
        _fold = new FoldWork(_pool);
        _digest = new DigestWork(_pool);
        Description = $"CPU, {instructions}, {threads} {(threads == 1 ? "thread" : "threads")}";
    }

    public override string Arithmetic => CpuArithmetic.Version;

    public override string Description { get; }

    public override DeviceMemory Allocate(long bytes) => new HostMemory(bytes);

    public override unsafe void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset)
    {
        CheckRange(destination, offset, source.Length);
        source.CopyTo(new Span<byte>(((HostMemory)destination).Pointer + offset, source.Length));
    }

    public override unsafe void Download(DeviceMemory source, long offset, Span<byte> destination)
    {
        CheckRange(source, offset, destination.Length);
        new ReadOnlySpan<byte>(((HostMemory)source).Pointer + offset, destination.Length).CopyTo(destination);
    }

    public override DeviceStream CreateStream(StreamOptions options) => new HostStream(options, _access);

    public override void Await(DeviceEvent happened) => happened.Synchronize();

    // A kernel is done when its call returns.
    public override DeviceEvent Record() => HostEvent.Done;

    public override Activations CreateActivations(int features) => new TileActivations(features);

    public override void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere)
    {
        if (!foldsElsewhere) Fold(table, pass.Updates, pass.Step);
        _lookup.Run(pass, table, rows, (TileActivations)y, accumulate);
    }

    public override void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false)
    {
        FoldWhole(pass, weight);
        _linear.Run(pass, weight, bias, (TileActivations)x, (TileActivations)y, activation, merge, inputsFirst);
    }

    public override void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge) =>
        _combine.Run(pass, scale, (TileActivations)x, (TileActivations)y, activation, merge);

    public override void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y) =>
        _layerNorm.Run(pass, scale, shift, epsilon, (TileActivations)x, (TileActivations)y);

    public override void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y) =>
        _rmsNorm.Run(pass, scale, epsilon, (TileActivations)x, (TileActivations)y);

    public override void Rotate(Pass pass, Activations angles, Activations x) =>
        _rotation.Run(pass, (TileActivations)angles, (TileActivations)x);

    public override void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y) =>
        _attention.Run(pass, shape, q, k, v, (TileActivations)y);

    public override void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y) =>
        _gather.Run(pass, (TileActivations)x, rows, (TileActivations)y);

    public override void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens) =>
        _scatter.Run(pass, x, rows, (TileActivations)y, tokens);

    public override unsafe void Spread(Pass pass, Activations x, Activations y)
    {
        var (from, to) = ((TileActivations)x, (TileActivations)y);
        to.Resize(x.Tokens, pass.Probes.Count);
        var bytes = (long)from.Tiles * x.Features * TileActivations.Lanes * sizeof(float);
        for (var probe = 0; probe < pass.Probes.Count; probe++) Buffer.MemoryCopy(from.Tile(0, 0), to.Tile(probe, 0), bytes, bytes);
    }

    public override void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        FoldWhole(pass, head);
        _vocabulary.Run(pass, head, bias, (TileActivations)x, targets, result);
    }

    public override unsafe void Read(Activations x, int probe, Span<float> destination)
    {
        var tiles = (TileActivations)x;
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, x.Tokens * x.Features);
        fixed (float* to = destination) TileLanes.CopyColumns(tiles, probe, 0, x.Features, 0, x.Tokens, to, x.Features);
    }

    public override void Fold(Parameter parameter, UpdateHistory updates, int step) => _fold.Run(parameter, updates, step);

    public override UInt128 Digest(Parameter parameter) => _digest.Run(parameter);

    public override void Dispose()
    {
        _pool.Dispose();
        foreach (var packed in _packed) packed.Dispose();
        foreach (IDisposable work in (IDisposable[])[_linear, _layerNorm, _rmsNorm, _attention, _vocabulary, _lookup]) work.Dispose();
    }

    /// <summary>Groups that are rounded as a whole may reach into what another thread packs, so they are folded before.</summary>
    private void FoldWhole(Pass pass, Parameter parameter)
    {
        if (pass.IsRounded && parameter.Transfer is not null) _fold.Run(parameter, pass.Updates, pass.Step);
    }

    private static unsafe nint AddressOf(DeviceMemory memory) => (nint)((HostMemory)memory).Pointer;

    private static void CheckRange(DeviceMemory memory, long offset, long bytes)
    {
        if (offset < 0 || offset + bytes > memory.Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
    }
}
