using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// One thread's packed panels: up to <see cref="MaxRows"/> weight rows × one chunk of k, for two probes. Rows are as contiguous as in
/// the checkpoint, so packing is a map: fold, make z, perturb, store.
/// </summary>
internal sealed unsafe class PackedRows<TLanes> : IDisposable
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Rows a panel holds: a multiple of the matrix tile's 12, and small enough for two panels to stay in a 1 MB cache.</summary>
    public const int MaxRows = 96;

    /// <summary>Tiles that are multiplied by all rows before the next ones: 8 × one chunk of k stays in the second-level cache.</summary>
    public const int TilesPerBlock = 8;

    private const int Stride = CpuArithmetic.DepthChunk;
    private const int Step = MatrixTile<TLanes, DepthChunkStride>.Rows;
    private readonly HostMemory _memory = new(2L * MaxRows * Stride * sizeof(float));
    private readonly HostMemory _edge = new(2L * Step * TileActivations.Lanes * sizeof(float));

    /// <summary>The panel of the first or second probe of a group.</summary>
    private float* Panel(int which) => (float*)_memory.Pointer + ((long)which * MaxRows * Stride);

    /// <summary>
    /// Packs rows [row, row + rows) × columns [column, column + depth) of W [·, columns] for a group of 1 or 2 probes. The first
    /// group of a visit (probe 0) also folds, row by row, while the row is in the first-level cache.
    /// </summary>
    public void Pack(in WeightView weights, int columns, int row, int rows, int column, int depth, int firstProbe, int group)
    {
        var folds = firstProbe == 0 && weights.IsBehind;
        for (var r = 0; r < rows; r++)
        {
            var start = ((long)(row + r) * columns) + column;
            var at = (long)r * Stride;
            // A row's segment is too short for the hardware to see a stream in it.
            if (r + 1 < rows) weights.Prefetch(start + columns, depth);
            if (folds) weights.Fold(start, depth);
            weights.Read(start, depth, firstProbe, Panel(0) + at, group == 2 ? Panel(1) + at : null);
        }

        ClearMissing(rows, depth, group);
    }

    /// <summary>
    /// As <see cref="Pack"/>, of a W that is stored as its transpose [·, columns]: rows [row, row + rows) are columns of what is stored,
    /// so each value of k is a run of them.
    /// </summary>
    public void PackTransposed(in WeightView weights, int columns, int row, int rows, int column, int depth, int firstProbe, int group)
    {
        const int size = SquareTranspose<TLanes>.Size;
        var folds = firstProbe == 0 && weights.IsBehind;
        float* values = stackalloc float[2 * size * MaxRows];
        for (var k = 0; k < depth; k += size)
        {
            for (var i = 0; i < Math.Min(size, depth - k); i++)
            {
                var start = ((long)(column + k + i) * columns) + row;
                if (k + i + 1 < depth) weights.Prefetch(start + columns, rows);
                if (folds) weights.Fold(start, rows);
                weights.Read(start, rows, firstProbe, values + (i * MaxRows), group == 2 ? values + ((size + i) * MaxRows) : null);
            }

            // What a square holds beyond the last row or value of k is never multiplied.
            for (var which = 0; which < group; which++)
            {
                var from = values + (which * size * MaxRows);
                for (var r = 0; r < rows; r += size)
                    SquareTranspose<TLanes>.Copy(from + r, MaxRows, Panel(which) + ((long)r * Stride) + k, Stride, Math.Min(size, rows - r));
            }
        }

        ClearMissing(rows, depth, group);
    }

    /// <summary>
    /// C (+)= panel·B for the tiles [first, end) of one probe, at most <see cref="TilesPerBlock"/> of them. b is feature
    /// <c>column</c> of tile 0 and c is feature <c>row</c> of tile 0; tiles follow at the given steps in floats.
    /// </summary>
    public void Multiply(int which, int rows, int depth, float* b, long bStep, float* c, long cStep, int first, int end, bool add)
    {
        for (var r = 0; r < rows; r += Step)
        {
            var a = Panel(which) + ((long)r * Stride);
            var at = c + (r * TileActivations.Lanes);
            var tile = first;
            if (r + Step > rows)
            {
                for (; tile < end; tile++) Edge(a, depth, b + (tile * bStep), at + (tile * cStep), rows - r, add);
            }

            for (; tile + 1 < end; tile += 2)
            {
                float* b0 = b + (tile * bStep), c0 = at + (tile * cStep);
                MatrixTile<TLanes, DepthChunkStride>.TwoTiles(depth, a, b0, b0 + bStep, c0, c0 + cStep, add);
            }

            if (tile < end) MatrixTile<TLanes, DepthChunkStride>.OneTile(depth, a, b + (tile * bStep), at + (tile * cStep), add);
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _edge.Dispose();
    }

    /// <summary>The tile always works on 12 rows: the missing ones must hold finite numbers.</summary>
    private void ClearMissing(int rows, int depth, int group)
    {
        for (var r = rows; r % Step != 0; r++)
        {
            for (var which = 0; which < group; which++) new Span<float>(Panel(which) + ((long)r * Stride), depth).Clear();
        }
    }

    /// <summary>The last rows, fewer than 12: through a buffer, so that nothing is written past them.</summary>
    private void Edge(float* a, int depth, float* b, float* c, int rows, bool add)
    {
        var edge = (float*)_edge.Pointer;
        var floats = rows * TileActivations.Lanes;
        if (add) new Span<float>(c, floats).CopyTo(new Span<float>(edge, floats));
        MatrixTile<TLanes, DepthChunkStride>.OneTile(depth, a, b, edge, add);
        new Span<float>(edge, floats).CopyTo(new Span<float>(c, floats));
    }
}
