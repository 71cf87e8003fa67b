using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// log softmax(x·Wᵀ + b) at chosen targets without the logits ever standing in memory. A task is one chunk of vocabulary rows: it packs
/// them once for both signs, multiplies all tokens, and keeps of each token's chunk the maximum, the sum of exponentials and the
/// targets' logits. The chunks are then combined in order.
/// </summary>
internal sealed unsafe class VocabularyWork<TLanes> : ParallelWork, IDisposable
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Lanes = TileActivations.Lanes;
    private const int Chunk = CpuArithmetic.VocabularyChunk;
    private readonly WorkerPool _pool;
    private readonly PackedRows<TLanes>[] _packed;
    private readonly Scratch[] _logits;
    private readonly Scratch _statistics = new();
    private readonly VocabularyTargets _targets = new();
    private readonly VectorParameters _bias = new();
    private bool _hasBias;
    private TileActivations _x = null!;
    private WeightView _weights;
    private int _vocabulary;
    private int _probes;
    private int _chunks;
    private float* _max;
    private float* _sum;
    private double[] _logarithms = [];

    public VocabularyWork(WorkerPool pool, PackedRows<TLanes>[] packed)
    {
        (_pool, _packed) = (pool, packed);
        _logits = [.. Enumerable.Range(0, pool.Threads).Select(_ => new Scratch())];
    }

    /// <summary>Lanes of all tiles of a probe.</summary>
    private int Padded => _x.Tiles * Lanes;

    /// <summary>Logits of a task.</summary>
    private long LogitFloats => (long)Math.Max(2, _probes) * Padded * Chunk;

    public void Run(Pass pass, Parameter head, Parameter? bias, TileActivations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        if (head.Columns != x.Features) throw new ArgumentException($"'{head.Name}' has {head.Columns} columns, not {x.Features}.");
        (_x, _vocabulary, _probes) = (x, head.Rows, pass.Probes.Count);
        _chunks = (_vocabulary + Chunk - 1) / Chunk;
        _targets.Sort(targets, _vocabulary, x.Tokens, _probes);
        _max = _statistics.Floats(2L * _probes * _chunks * Padded);
        _sum = _max + ((long)_probes * _chunks * Padded);
        _hasBias = bias is not null;
        if (bias is not null) _bias.Load(pass, bias);
        // For every thread, since which of them get a task is chance, and a warm pass must find room in any.
        foreach (var logits in _logits) logits.Floats(LogitFloats);
        _weights = new WeightView(head, pass);
        _pool.Run(this, _chunks);
        _weights.Done();

        if (_logarithms.Length < Padded) _logarithms = new double[Padded];
        for (var probe = 0; probe < _probes; probe++)
        {
            for (var tile = 0; tile < x.Tiles; tile++) Combine(probe, tile);
            for (var i = 0; i < targets.Length; i++)
                result[(probe * targets.Length) + i] = _targets.Logit(probe, i) - _logarithms[targets[i].Row];
        }
    }

    public override void Execute(int chunk, int thread)
    {
        var row = chunk * Chunk;
        var rows = Math.Min(Chunk, _vocabulary - row);
        var columns = _x.Features;
        var logits = _logits[thread].Floats(LogitFloats);
        for (var probe = 0; probe < _probes;)
        {
            var group = _weights.GroupSize(probe, out var panels);
            for (var column = 0; column < columns; column += CpuArithmetic.DepthChunk)
            {
                var depth = Math.Min(CpuArithmetic.DepthChunk, columns - column);
                _packed[thread].Pack(_weights, columns, row, rows, column, depth, probe, panels);
                for (var i = 0; i < group; i++) Multiply(_packed[thread], probe + i, Math.Min(i, panels - 1), chunk, rows, column, depth, logits + ((long)i * Padded * Chunk));
            }

            for (var i = 0; i < group; i++) KeepTargets(logits + ((long)i * Padded * Chunk), probe + i, chunk);
            probe += group;
        }
    }

    public void Dispose()
    {
        _statistics.Dispose();
        _bias.Dispose();
        foreach (var scratch in _logits) scratch.Dispose();
    }

    /// <summary>One chunk of k for one probe, block of tiles by block; the last chunk also reduces each block while it is warm.</summary>
    private void Multiply(PackedRows<TLanes> packed, int probe, int which, int chunk, int rows, int column, int depth, float* logits)
    {
        var columns = _x.Features;
        var b = _x.Tile(probe, 0) + (column * Lanes);
        var isLast = column + depth == columns;
        for (var first = 0; first < _x.Tiles; first += PackedRows<TLanes>.TilesPerBlock)
        {
            var end = Math.Min(_x.Tiles, first + PackedRows<TLanes>.TilesPerBlock);
            packed.Multiply(which, rows, depth, b, (long)columns * Lanes, logits, Chunk * Lanes, first, end, column > 0);
            if (isLast) Reduce(logits, probe, chunk, rows, first, end);
        }
    }

    /// <summary>Adds the bias, then takes maximum and sum of exponentials of one vocabulary chunk for the tokens of some tiles of a probe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Reduce(float* logits, int probe, int chunk, int rows, int first, int end)
    {
        var partials = stackalloc float[TileSum.Floats];
        var at = (((long)probe * _chunks) + chunk) * Padded;
        for (var tile = first; tile < end; tile++)
        {
            var l = logits + ((long)tile * Chunk * Lanes);
            if (_hasBias)
            {
                var bias = _bias.Of(probe) + (chunk * Chunk);
                for (var r = 0; r < rows; r++) TLanes.Store(l + (r * Lanes), TLanes.Load(l + (r * Lanes)) + TLanes.Create(bias[r]));
            }

            var max = TLanes.Load(l);
            for (var r = 1; r < rows; r++)
            {
                var v = TLanes.Load(l + (r * Lanes));
                max = TLanes.Select(TLanes.GreaterThan(v, max), v, max);
            }

            new Span<float>(partials, TileSum.Floats).Clear();
            for (var r = 0; r < rows; r++)
            {
                var to = partials + ((r & (CpuArithmetic.PartialSums - 1)) * Lanes);
                TLanes.Store(to, TLanes.Load(to) + Exponential.Exp(TLanes.Load(l + (r * Lanes)) - max));
            }

            TLanes.Store(_max + at + (tile * Lanes), max);
            TLanes.Store(_sum + at + (tile * Lanes), TileSum.Tree<TLanes>(partials));
        }
    }

    /// <summary>The logits of the targets that lie in a vocabulary chunk.</summary>
    private void KeepTargets(float* logits, int probe, int chunk)
    {
        foreach (var index in _targets.InChunk(chunk))
        {
            var (token, id) = _targets[index];
            _targets.SetLogit(probe, index, logits[((((long)(token / Lanes) * Chunk) + (id % Chunk)) * Lanes) + (token % Lanes)]);
        }
    }

    /// <summary>log Σ e^logit of one tile's tokens: the chunks' sums, scaled to the largest maximum, added up as any reduction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Combine(int probe, int tile)
    {
        var partials = stackalloc float[TileSum.Floats];
        var tops = stackalloc float[Lanes];
        var max = _max + ((long)probe * _chunks * Padded) + (tile * Lanes);
        var sum = _sum + ((long)probe * _chunks * Padded) + (tile * Lanes);
        var top = TLanes.Load(max);
        for (var chunk = 1; chunk < _chunks; chunk++)
        {
            var m = TLanes.Load(max + ((long)chunk * Padded));
            top = TLanes.Select(TLanes.GreaterThan(m, top), m, top);
        }

        new Span<float>(partials, TileSum.Floats).Clear();
        for (var chunk = 0; chunk < _chunks; chunk++)
        {
            var to = partials + ((chunk & (CpuArithmetic.PartialSums - 1)) * Lanes);
            var scale = Exponential.Exp(TLanes.Load(max + ((long)chunk * Padded)) - top);
            TLanes.Store(to, TLanes.Fma(TLanes.Load(sum + ((long)chunk * Padded)), scale, TLanes.Load(to)));
        }

        TLanes.Store(partials, TileSum.Tree<TLanes>(partials));
        TLanes.Store(tops, top);
        for (var lane = 0; lane < Lanes; lane++) _logarithms[(tile * Lanes) + lane] = tops[lane] + ExactMath.Log(partials[lane]);
    }
}
