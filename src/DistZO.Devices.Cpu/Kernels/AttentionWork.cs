using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// softmax(scale·q·kᵀ)·v, causal, within each sequence and its prefix. A task is one head of one sequence of one probe; it works on
/// 16 queries (the lanes) against all the keys before them, so what it materializes is one tile × keys.
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
    private TileActivations _q = null!;
    private TileActivations _k = null!;
    private TileActivations _v = null!;
    private TileActivations _y = null!;
    private int _heads;
    private int _width;
    private float _scale;

    public void Run(Pass pass, int heads, float scale, TileActivations q, TileActivations k, TileActivations v, TileActivations y)
    {
        (_pass, _heads, _scale, _q, _k, _v, _y) = (pass, heads, scale, q, k, v, y);
        _width = q.Features / heads;
        if (_width > Chunk) throw new BadInputException($"config.json: heads of {_width} features are not supported; the widest is {Chunk}.");
        y.Resize(q.Tokens, pass.Probes.Count);
        pool.Run(this, pass.Probes.Count * pass.Sequences.Count * heads);
    }

    public override void Execute(int task, int thread)
    {
        var (rest, head) = Math.DivRem(task, _heads);
        var (probe, index) = Math.DivRem(rest, _pass.Sequences.Count);
        var sequence = _pass.Sequences[index];
        if (_width <= Head64Stride.Floats) Head<Head64Stride>(probe, sequence, head * _width, _scratch[thread]);
        else if (_width <= Head128Stride.Floats) Head<Head128Stride>(probe, sequence, head * _width, _scratch[thread]);
        else Head<KeyChunkStride>(probe, sequence, head * _width, _scratch[thread]);
    }

    public void Dispose()
    {
        foreach (var scratch in _scratch) scratch.Dispose();
    }

    private static int RoundUp(int n) => (n + Step - 1) / Step * Step;

    private void Head<TStride>(int probe, in TokenSequence sequence, int feature, Scratch scratch)
        where TStride : struct, IRowStride
    {
        var keys = sequence.PrefixLength + sequence.Length;
        var chunks = (keys + Chunk - 1) / Chunk;
        var rows = RoundUp(_width);
        var stride = TStride.Floats;
        var packedKeys = scratch.Floats(((long)RoundUp(keys) * stride) + ((long)chunks * rows * Chunk) + ((RoundUp(keys) + (2 * rows)) * Lanes) + TileSum.Floats);
        var packedValues = packedKeys + ((long)RoundUp(keys) * stride);
        var scores = packedValues + ((long)chunks * rows * Chunk);
        var query = scores + (RoundUp(keys) * Lanes);
        var result = query + (rows * Lanes);
        var partials = result + (rows * Lanes);

        PackKeys(probe, sequence, feature, packedKeys, stride, keys);
        PackValues(probe, sequence, feature, packedValues, rows);
        for (var first = 0; first < sequence.Length; first += Lanes)
        {
            var queries = Math.Min(Lanes, sequence.Length - first);
            var visible = sequence.PrefixLength + first + queries;
            LoadQueries(probe, feature, sequence.Start + first, queries, query);
            for (var r = 0; r < visible; r += Step)
                MatrixTile<TLanes, TStride>.OneTile(_width, packedKeys + ((long)r * stride), query, scores + (r * Lanes), add: false);
            var inverse = Softmax(scores, visible, sequence.PrefixLength + first, partials);
            for (var chunk = 0; chunk * Chunk < visible; chunk++)
            {
                var depth = Math.Min(Chunk, visible - (chunk * Chunk));
                var values = packedValues + ((long)chunk * rows * Chunk);
                for (var r = 0; r < rows; r += Step)
                    MatrixTile<TLanes, KeyChunkStride>.OneTile(depth, values + (r * Chunk), scores + (chunk * Chunk * Lanes), result + (r * Lanes), chunk > 0);
            }

            for (var d = 0; d < _width; d++) TLanes.Store(result + (d * Lanes), TLanes.Load(result + (d * Lanes)) * inverse);
            TileLanes.StoreRows(result, _y, probe, feature, _width, sequence.Start + first, queries);
        }
    }

    /// <summary>Keys as rows [key][feature]; the rows that fill up the last dozen are zeros.</summary>
    private void PackKeys(int probe, in TokenSequence sequence, int feature, float* packed, int stride, int keys)
    {
        TileLanes.CopyColumns(_k, probe, feature, _width, sequence.PrefixStart, sequence.PrefixLength, packed, stride);
        TileLanes.CopyColumns(_k, probe, feature, _width, sequence.KeyStart, sequence.Length, packed + ((long)sequence.PrefixLength * stride), stride);
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
            TileLanes.CopyRows(_v, probe, feature, _width, token, run, packed + ((long)chunk * rows * Chunk) + at, Chunk);
            (token, key, count) = (token + run, key + run, count - run);
        }
    }

    /// <summary>Queries × scale as rows [feature][lane]; unused lanes are zeros.</summary>
    private void LoadQueries(int probe, int feature, int token, int queries, float* query)
    {
        if (queries < Lanes) new Span<float>(query, _width * Lanes).Clear();
        TileLanes.CopyRows(_q, probe, feature, _width, token, queries, query, Lanes);
        var scale = TLanes.Create(_scale);
        for (var d = 0; d < _width; d++) TLanes.Store(query + (d * Lanes), TLanes.Load(query + (d * Lanes)) * scale);
    }

    /// <summary>
    /// Scores [key][lane] become e^(score − max), with 0 for the keys after a lane's query (lane i sees keys 0 … diagonal + i).
    /// Returns 1 / sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes Softmax(float* scores, int keys, int diagonal, float* partials)
    {
        for (var key = diagonal + 1; key < keys; key++)
            new Span<float>(scores + (key * Lanes), Math.Min(Lanes, key - diagonal)).Fill(float.NegativeInfinity);

        // Key 0 is visible to every lane. NaN in it stays; NaN elsewhere comes back through e^NaN.
        var max = TLanes.Load(scores);
        for (var key = 1; key < keys; key++)
        {
            var s = TLanes.Load(scores + (key * Lanes));
            max = TLanes.Select(TLanes.GreaterThan(s, max), s, max);
        }

        new Span<float>(partials, TileSum.Floats).Clear();
        for (var key = 0; key < keys; key++)
        {
            var e = Exponential.Exp(TLanes.Load(scores + (key * Lanes)) - max);
            TLanes.Store(scores + (key * Lanes), e);
            var at = partials + ((key & (CpuArithmetic.PartialSums - 1)) * Lanes);
            TLanes.Store(at, TLanes.Load(at) + e);
        }

        return TLanes.Create(1f) / TileSum.Tree<TLanes>(partials);
    }
}
