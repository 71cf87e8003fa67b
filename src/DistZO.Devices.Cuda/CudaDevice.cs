using System.Runtime.InteropServices;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// An NVIDIA GPU as a device, through the driver API. z, perturbed weights and folded commits are the bits of philox-v1; losses may differ from
/// the CPU's in the last digits, and between splits of the work, since vendors' matrix products round as they like. Kernels are queued on one
/// stream and calls return at once, but for those that give values to the host.
/// </summary>
public sealed class CudaDevice : Device
{
    /// <summary>The version of the arithmetic of its losses.</summary>
    public const string ArithmeticVersion = "cuda-v1";

    private const int Threads = 256;

    private readonly CudaContext _context;
    private readonly CUstream _stream;
    private readonly CudaPool _pool;
    private readonly EventPool _events;
    private readonly EventPool _times;
    private readonly KernelModule _kernels;
    private readonly HostReads _reads;
    private readonly PassData _data;
    private readonly Folding _folding;
    private readonly PerturbedMatrix _perturbed;
    private readonly MatrixProducts _products;
    private readonly LinearWork _linear;
    private readonly AttentionWork _attention;
    private readonly VocabularyWork _vocabulary;
    private readonly NormWork _norms;
    private readonly RowWork _rows;
    private readonly Workspace _digests;
    private readonly Stack<IDisposable> _owned = [];

    private readonly Func<Device> _openExact;
    private Device? _host;
    private long _collectiveBytes;

    private CudaDevice(Func<CudaContext> open, Func<Device> openExact, long memoryLimit)
    {
        _openExact = openExact;
        try
        {
            _context = Own(open());
            _context.Enter();
            if (!_context.IsImagined)
            {
                Check.Driver(CudaDriver.cuStreamCreate(out _stream, CudaDriver.StreamNonBlocking), "make a stream");
                _owned.Push(new StreamHandle(_stream));
            }

            _pool = Own(new CudaPool(_context, memoryLimit));
            _events = Own(new EventPool(_context));
            _times = Own(new EventPool(_context, takesTime: true));
            _kernels = Own(new KernelModule(_context));
            _reads = Own(new HostReads(_context, _stream));
            _data = Own(new PassData(_pool, _stream));
            _folding = new Folding(_kernels, _data, _stream);
            _perturbed = Own(new PerturbedMatrix(_kernels, _data, _pool, _stream));
            _products = Own(new MatrixProducts(_pool, _stream));
            _linear = Own(new LinearWork(_kernels, _folding, _perturbed, _products, _pool, _stream));
            _attention = new AttentionWork(_context, _kernels, _data, _stream);
            _vocabulary = Own(new VocabularyWork(_kernels, _data, _folding, _perturbed, _linear, _products, _reads, _pool, _stream));
            _norms = Own(new NormWork(_kernels, _folding, _pool, _stream));
            _rows = new RowWork(_kernels, _data, _stream);
            _digests = Own(new Workspace(_pool, _stream));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>GPUs that can be opened; 0 where there is no driver.</summary>
    public static int Count => CudaContext.Count;

    public override string Arithmetic => ArithmeticVersion;

    public override string Description => $"{_context.Name} (cuda:{_context.Device.Ordinal}, compute capability {_context.Capability / 10}.{_context.Capability % 10})";

    /// <summary>Its compute capability: 90 for 9.0.</summary>
    public int Capability => _context.Capability;

    internal CudaContext Context => _context;

    internal CUstream Stream => _stream;

    internal CudaPool Pool => _pool;

    internal MatrixProducts Products => _products;

    internal PerturbedMatrix Perturbed => _perturbed;

    /// <summary>Waits for all kernels that were called.</summary>
    public void Synchronize()
    {
        _context.Enter();
        _context.Finish(_stream, "run what was queued");
    }

    /// <summary>The most bytes that were in use at once: weights, activations, scratch and workspaces of libraries.</summary>
    public override long PeakBytes => _pool.Peak;

    /// <summary>Bytes that are in use.</summary>
    public long UsedBytes => _pool.Used;

    public override string? MemoryName => $"cuda:{_context.Device.Ordinal}";

    /// <summary>Opens a GPU.</summary>
    /// <param name="ordinal">Its number, from 0 on, as the driver counts (CUDA_VISIBLE_DEVICES).</param>
    /// <param name="openExact">Opens the CPU, for <see cref="OpenExact"/> and <see cref="CreateHostStream"/>.</param>
    /// <param name="memoryLimit">Bytes that may be in use on it at once; null for all that there is.</param>
    /// <exception cref="BadInputException">A library or the GPU is missing; the message says which, where it was looked for and what to do.</exception>
    public static CudaDevice Open(int ordinal, Func<Device> openExact, long? memoryLimit = null) =>
        new(() => CudaContext.Open(ordinal), openExact, memoryLimit ?? long.MaxValue);

    /// <summary>
    /// A device without a GPU: it computes nothing, what is read from it is 0, and its <see cref="PeakBytes"/> are those that a GPU would need for
    /// the same calls. It takes no memory and needs no driver; transfers and events it has none.
    /// </summary>
    /// <param name="capability">Compute capability: 90 for 9.0.</param>
    public static CudaDevice Imagine(int capability) =>
        new(() => CudaContext.Imagine(capability), () => throw new InvalidOperationException("nothing is computed on an imagined GPU"), long.MaxValue);

    public override Device? OpenImagined() => Imagine(Capability);

    public override long? FreeMemory => _context.FreeMemory;

    /// <summary>Bytes of the GPU's memory in all.</summary>
    public long TotalMemory
    {
        get
        {
            _context.Enter();
            Check.Driver(CudaDriver.cuMemGetInfo_v2(out _, out var total), "tell how much memory there is");
            return (long)total;
        }
    }

    /// <summary>Instructions a second of all its lanes: of each multiprocessor 128, or 64 up to compute capability 8.0, one a cycle.</summary>
    public double InstructionRate
    {
        get
        {
            const int clockRateAttribute = 13;
            return (double)_context.Processors * (_context.Capability > 80 ? 128 : 64) * _context.Attribute(clockRateAttribute) * 1e3;
        }
    }

    public override Device? OpenExact() => _openExact();

    public override DeviceMemory Allocate(long bytes)
    {
        _context.Enter();
        var pointer = _pool.Allocate(bytes, _stream);
        if (!_context.IsImagined) Check.Driver(CudaDriver.cuMemsetD8Async(pointer, 0, (nuint)Math.Max(1, bytes), _stream), "clear memory");
        // Other streams use it without waiting for this one.
        _context.Finish(_stream, "allocate memory");
        return new CudaMemory(_context, _pool, _stream, pointer, bytes);
    }

    public override void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset)
    {
        _context.Enter();
        _context.Upload(source, CudaMemory.At(destination, offset, source.Length), _stream, "upload");
        _context.Finish(_stream, "upload");
    }

    public override void Download(DeviceMemory source, long offset, Span<byte> destination)
    {
        _context.Enter();
        _reads.Read(CudaMemory.At(source, offset, destination.Length), destination, "download");
    }

    public override DeviceStream CreateStream(StreamOptions options) => new CudaTransfers(options, _context, _pool, _events, _kernels);

    public override DeviceStream CreateHostStream(StreamOptions options) => (_host ??= _openExact()).CreateStream(options);

    public override Collective? OpenCollective(IReadOnlyList<Device> devices, GatherKind? wanted, Action<string> notice)
    {
        var gpus = devices.Cast<CudaDevice>().ToList();
        var opened = CudaGathers.Open(gpus, wanted, notice);
        if (opened is null) return null;
        try
        {
            foreach (var (gpu, bytes) in gpus.Zip(opened.Bytes)) gpu.Keep(bytes);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public override long CollectiveBytes => _collectiveBytes;

    public override void Await(DeviceEvent happened)
    {
        _context.Enter();
        if (happened is CudaEvent other) other.HoldUp(_stream);
        else happened.Synchronize();
    }

    public override Func<double> AwaitMeasured(DeviceEvent happened)
    {
        _context.Enter();
        // The kernels do not hold the caller up: the GPU notes when it comes to the wait, and when it goes on.
        var (came, went) = (new CudaEvent(_times), new CudaEvent(_times));
        came.Record(_stream);
        Await(happened);
        went.Record(_stream);
        return () => went.SecondsAfter(came);
    }

    public override DeviceEvent Record()
    {
        _context.Enter();
        var recorded = new CudaEvent(_events);
        recorded.Record(_stream);
        return recorded;
    }

    public override Activations CreateActivations(int features) => new CudaActivations(_pool, _stream, features);

    public override void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere)
    {
        _context.Enter();
        // A group is rounded as a whole, so what others fold later would be folded for its neighbours here: it is folded at once.
        if (!foldsElsewhere || (pass.IsRounded && table.Transfer is not null)) _folding.Fold(table, pass.Updates, pass.Step);
        _rows.Lookup(pass, table, rows, (CudaActivations)y, accumulate);
    }

    public override void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false)
    {
        _context.Enter();
        _linear.Run(pass, weight, bias, (CudaActivations)x, (CudaActivations)y, activation, merge, inputsFirst);
    }

    public override void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge)
    {
        _context.Enter();
        var (from, to) = ((CudaActivations)x, (CudaActivations)y);
        if (to != from) to.Resize(from.Tokens, pass.Probes.Count, merge == Merge.Replace ? from.Type : to.Type);
        _linear.Finish(from.Pointer, from.Type, scale, CUdeviceptr.Null, to, activation, merge);
    }

    public override void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y)
    {
        _context.Enter();
        _norms.LayerNorm(pass, scale, shift, epsilon, (CudaActivations)x, (CudaActivations)y);
    }

    public override void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y)
    {
        _context.Enter();
        _norms.RmsNorm(pass, scale, epsilon, (CudaActivations)x, (CudaActivations)y);
    }

    public override void Rotate(Pass pass, Activations angles, Activations x)
    {
        _context.Enter();
        var (turned, by) = ((CudaActivations)x, (CudaActivations)angles);
        _kernels.Launch(
            "rotate",
            KernelGrid.Over(turned.ProbeLength * turned.Probes / 2, Threads),
            Threads,
            0,
            _stream,
            turned.Pointer,
            turned.Type,
            by.Pointer,
            by.Features / 2,
            turned.Features,
            turned.Tokens,
            turned.Probes);
    }

    public override void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y)
    {
        _context.Enter();
        _attention.Run(pass, shape, q, k, v, (CudaActivations)y);
    }

    public override void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y)
    {
        _context.Enter();
        var (from, to) = ((CudaActivations)x, (CudaActivations)y);
        to.Resize(rows.Length, pass.Probes.Count, from.Type);
        _rows.Copy(from, 0, from.Tokens, rows, to, [], rows.Length);
    }

    public override void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens)
    {
        _context.Enter();
        var (from, to) = ((CudaActivations)x.Buffer, (CudaActivations)y);
        // What other rows hold stays, and with it the format.
        var holds = to.Tokens == tokens && to.Probes == pass.Probes.Count && to.Pointer != CUdeviceptr.Null;
        to.Resize(tokens, pass.Probes.Count, holds ? to.Type : from.Type);
        _rows.Copy(from, x.First, from.Tokens, [], to, rows, rows.Length);
    }

    public override void Spread(Pass pass, Activations x, Activations y)
    {
        _context.Enter();
        var (from, to) = ((CudaActivations)x, (CudaActivations)y);
        to.Resize(from.Tokens, pass.Probes.Count, from.Type);
        _rows.Copy(from, 0, 0, [], to, [], from.Tokens);
    }

    public override void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        _context.Enter();
        _vocabulary.Run(pass, head, bias, (CudaActivations)x, targets, result);
    }

    public override void Read(Activations x, int probe, Span<float> destination)
    {
        _context.Enter();
        var from = (CudaActivations)x;
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, from.ProbeLength);
        var values = _linear.InFormat(from, WeightType.Float32) + (probe * from.ProbeLength * sizeof(float));
        _reads.Read(values, MemoryMarshal.AsBytes(destination[..(int)from.ProbeLength]), "read activations");
    }

    public override void Fold(Parameter parameter, UpdateHistory updates, int step)
    {
        _context.Enter();
        _folding.Fold(parameter, updates, step);
    }

    public override UInt128 Digest(Parameter parameter)
    {
        _context.Enter();
        var bytes = parameter.Length * parameter.Type.Size();
        var grid = new KernelGrid((int)Math.Clamp((bytes + (8L * Threads) - 1) / (8L * Threads), 1, 4L * _context.Processors));
        var partials = new ulong[grid.X * 2];
        var memory = _digests.Get(partials.Length * sizeof(ulong));
        _kernels.Launch("digest", grid, Threads, 0, _stream, Folding.PointerOf(parameter), bytes, parameter.Ordinal, 0L, memory);
        _reads.Read(memory, MemoryMarshal.AsBytes(partials.AsSpan()), "read a digest");
        UInt128 sum = 0;
        for (var i = 0; i < partials.Length; i += 2) sum += new UInt128(partials[i + 1], partials[i]);
        return sum;
    }

    public override void Dispose()
    {
        _host?.Dispose();
        if (_owned.Count > 0 && _stream != default)
        {
            _context.Enter();
            _ = CudaDriver.cuStreamSynchronize(_stream);
        }

        while (_owned.TryPop(out var next)) next.Dispose();
    }

    /// <summary>Counts what a collective takes, for as long as the device lives.</summary>
    private void Keep(long bytes)
    {
        _pool.Count(bytes);
        _collectiveBytes += bytes;
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Push(part);
        return part;
    }

    private sealed class StreamHandle(CUstream stream) : IDisposable
    {
        public void Dispose() => _ = CudaDriver.cuStreamDestroy_v2(stream);
    }
}
