using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// softmax(scale·q·kᵀ)·v within each sequence and its prefix. A task is one head of keys and values of one sequence of one
/// probe: it packs them once for all query heads that use them, and works on 16 queries (the lanes) of one head against the keys that
/// they see, so what it materializes is one tile × keys.
/// Both products run on <see cref="MatrixTile{TLanes,TStride}"/>: keys, then transposed values, are the broadcast side.
/// A masked key has weight +0, and adding it changes nothing: a query's bits depend on its own keys only.
/// </summary>
internal sealed unsafe class AttentionWork<TLanes>(WorkerPool pool) : ParallelWork, IDisposable
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Lanes = TileActivations.Lanes;
    private const int Step = 12;
    private const int Chunk = CpuArithmetic.KeyChunk;
    private readonly Scratch[] _scratch = [.. Enumerable.Range(0, pool.Threads).Select(_ => new Scratch())];
    private Pass _pass = null!;
    private FeatureSlice _q;
    private FeatureSlice _k;
    private FeatureSlice _v;
    private TileActivations _y = null!;
    private AttentionShape _shape;
    private int _width;

    public void Run(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, TileActivations y)
    {
        (_pass, _shape, _width, _q, _k, _v, _y) = (pass, shape, shape.Width, q, k, v, y);
        if (shape.Heads % shape.KeyValueHeads != 0) throw new ArgumentException($"{shape.Heads} heads cannot share {shape.KeyValueHeads}.");
        if (!shape.Causal && shape.Window != AttentionShape.NoWindow) throw new ArgumentException("A window looks back only.");
        if (_width > Chunk) throw new BadInputException($"config.json: heads of {_width} features are not supported; the widest is {Chunk}.");
        y.Resize(q.Buffer.Tokens, pass.Probes.Count);
        Reserve();
        pool.Run(this, pass.Probes.Count * pass.Sequences.Count * shape.KeyValueHeads);
    }

    public override void Execute(int task, int thread)
    {
        var (rest, head) = Math.DivRem(task, _shape.KeyValueHeads);
        var (probe, index) = Math.DivRem(rest, _pass.Sequences.Count);
        var sequence = _pass.Sequences[index];
        if (_width <= Head64Stride.Floats) Head<Head64Stride>(probe, sequence, head, _scratch[thread]);
        else if (_width <= Head128Stride.Floats) Head<Head128Stride>(probe, sequence, head, _scratch[thread]);
        else Head<KeyChunkStride>(probe, sequence, head, _scratch[thread]);
    }

    public void Dispose()
    {
        foreach (var scratch in _scratch) scratch.Dispose();
    }

    /// <summary>
    /// Grows every thread's scratch to what the largest task needs: which thread gets that one is chance, and a warm pass must find room in any.
    /// </summary>
    private void Reserve()
    {
        var keys = 0;
        for (var i = 0; i < _pass.Sequences.Count; i++) keys = Math.Max(keys, _pass.Sequences[i].PrefixLength + _pass.Sequences[i].Length);
        var floats = ScratchFloats(keys, _width <= Head64Stride.Floats ? Head64Stride.Floats : _width <= Head128Stride.Floats ? Head128Stride.Floats : KeyChunkStride.Floats);
        foreach (var scratch in _scratch) scratch.Floats(floats);
    }

    /// <summary>Packed keys and values, scores, and two tiles of a head.</summary>
    private long ScratchFloats(int keys, int stride)
    {
        var (chunks, rows) = ((keys + Chunk - 1) / Chunk, RoundUp(_width));
        return ((long)RoundUp(keys) * stride) + ((long)chunks * rows * Chunk) + ((RoundUp(keys) + (2 * rows)) * Lanes) + TileSum.Floats;
    }

    private static TileActivations Tiles(FeatureSlice slice) => (TileActivations)slice.Buffer;

    private static int RoundUp(int n) => (n + Step - 1) / Step * Step;

    private void Head<TStride>(int probe, in TokenSequence sequence, int head, Scratch scratch)
        where TStride : struct, IRowStride
    {
        var keys = sequence.PrefixLength + sequence.Length;
        var chunks = (keys + Chunk - 1) / Chunk;
        var rows = RoundUp(_width);
        var stride = TStride.Floats;
        var packedKeys = scratch.Floats(ScratchFloats(keys, stride));
        var packedValues = packedKeys + ((long)RoundUp(keys) * stride);
        var scores = packedValues + ((long)chunks * rows * Chunk);
        var query = scores + (RoundUp(keys) * Lanes);
        var result = query + (rows * Lanes);
        var partials = result + (rows * Lanes);

        PackKeys(probe, sequence, _k.First + (head * _width), packedKeys, stride, keys);
        PackValues(probe, sequence, _v.First + (head * _width), packedValues, rows);
        var group = _shape.Heads / _shape.KeyValueHeads;
        for (var first = 0; first < sequence.Length; first += Lanes)
        {
            var queries = Math.Min(Lanes, sequence.Length - first);
            // Keys before the window of the tile's first query are seen by none of them.
            var diagonal = _shape.Causal ? sequence.PrefixLength + first : keys;
            var (begin, end) = _shape.Causal ? (Math.Max(0, diagonal - _shape.Window + 1), diagonal + queries) : (0, keys);
            for (var feature = head * group * _width; feature < (head + 1) * group * _width; feature += _width)
            {
                LoadQueries(probe, feature, sequence.Start + first, queries, query);
                for (var r = begin / Step * Step; r < end; r += Step)
                    MatrixTile<TLanes, TStride>.OneTile(_width, packedKeys + ((long)r * stride), query, scores + (r * Lanes), add: false);
                var inverse = Softmax(scores, begin, end, diagonal, _shape.Window, partials);
                SumValues(packedValues, rows, scores, begin, end, result);
                for (var d = 0; d < _width; d++) TLanes.Store(result + (d * Lanes), TLanes.Load(result + (d * Lanes)) * inverse);
                TileLanes.StoreRows(result, _y, probe, feature, _width, sequence.Start + first, queries);
            }
        }
    }

    /// <summary>result [feature][lane] = Σ values·weights over the keys [begin, end), chunk of keys by chunk.</summary>
    private static void SumValues(float* packedValues, int rows, float* weights, int begin, int end, float* result)
    {
        for (int start = begin, stop; start < end; start = stop)
        {
            var (chunk, at) = Math.DivRem(start, Chunk);
            stop = Math.Min((chunk + 1) * Chunk, end);
            var values = packedValues + ((long)chunk * rows * Chunk) + at;
            for (var r = 0; r < rows; r += Step)
                MatrixTile<TLanes, KeyChunkStride>.OneTile(stop - start, values + (r * Chunk), weights + (start * Lanes), result + (r * Lanes), start > begin);
        }
    }

    /// <summary>Keys as rows [key][feature]; the rows that fill up the last dozen are zeros.</summary>
    private void PackKeys(int probe, in TokenSequence sequence, int feature, float* packed, int stride, int keys)
    {
        TileLanes.CopyColumns(Tiles(_k), probe, feature, _width, sequence.PrefixStart, sequence.PrefixLength, packed, stride);
        TileLanes.CopyColumns(Tiles(_k), probe, feature, _width, sequence.KeyStart, sequence.Length, packed + ((long)sequence.PrefixLength * stride), stride);
        new Span<float>(packed + ((long)keys * stride), (RoundUp(keys) - keys) * stride).Clear();
    }

    /// <summary>Values transposed, [chunk of keys][feature][key]; the feature rows that fill up the last dozen are zeros.</summary>
    private void PackValues(int probe, in TokenSequence sequence, int feature, float* packed, int rows)
    {
        PackValueRange(probe, feature, sequence.PrefixStart, sequence.PrefixLength, 0, packed, rows);
        PackValueRange(probe, feature, sequence.KeyStart, sequence.Length, sequence.PrefixLength, packed, rows);
        var chunks = (sequence.PrefixLength + sequence.Length + Chunk - 1) / Chunk;
        for (var chunk = 0; chunk < chunks; chunk++)
            new Span<float>(packed + (((long)chunk * rows) + _width) * Chunk, (rows - _width) * Chunk).Clear();
    }

    private void PackValueRange(int probe, int feature, int token, int count, int key, float* packed, int rows)
    {
        while (count > 0)
        {
            var (chunk, at) = Math.DivRem(key, Chunk);
            var run = Math.Min(count, Chunk - at);
            TileLanes.CopyRows(Tiles(_v), probe, feature, _width, token, run, packed + ((long)chunk * rows * Chunk) + at, Chunk);
            (token, key, count) = (token + run, key + run, count - run);
        }
    }

    /// <summary>Queries × scale as rows [feature][lane]; unused lanes are zeros.</summary>
    private void LoadQueries(int probe, int feature, int token, int queries, float* query)
    {
        if (queries < Lanes) new Span<float>(query, _width * Lanes).Clear();
        TileLanes.CopyRows(Tiles(_q), probe, _q.First + feature, _width, token, queries, query, Lanes);
        var scale = TLanes.Create(_shape.Scale);
        for (var d = 0; d < _width; d++) TLanes.Store(query + (d * Lanes), TLanes.Load(query + (d * Lanes)) * scale);
    }

    /// <summary>
    /// Scores [key][lane] of the keys [begin, end) become e^(score − max), with 0 for those that a lane does not see: lane i sees the
    /// keys up to diagonal + i, as many as the window has. Returns 1 / sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes Softmax(float* scores, int begin, int end, int diagonal, int window, float* partials)
    {
        for (var key = diagonal + 1; key < end; key++)
            new Span<float>(scores + (key * Lanes), Math.Min(Lanes, key - diagonal)).Fill(float.NegativeInfinity);
        for (var (key, lane) = (begin, begin - diagonal + window); lane < Lanes && key < end; key++, lane++)
            new Span<float>(scores + (key * Lanes) + lane, Lanes - lane).Fill(float.NegativeInfinity);

        // NaN in the first key stays; NaN elsewhere comes back through e^NaN.
        var max = TLanes.Load(scores + (begin * Lanes));
        for (var key = begin + 1; key < end; key++)
        {
            var s = TLanes.Load(scores + (key * Lanes));
            max = TLanes.Select(TLanes.GreaterThan(s, max), s, max);
        }

        new Span<float>(partials, TileSum.Floats).Clear();
        for (var key = begin; key < end; key++)
        {
            var e = Exponential.Exp(TLanes.Load(scores + (key * Lanes)) - max);
            TLanes.Store(scores + (key * Lanes), e);
            var at = partials + ((key & (CpuArithmetic.PartialSums - 1)) * Lanes);
            TLanes.Store(at, TLanes.Load(at) + e);
        }

        return TLanes.Create(1f) / TileSum.Tree<TLanes>(partials);
    }
}
