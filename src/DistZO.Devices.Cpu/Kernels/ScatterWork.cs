namespace DistZO.Devices.Cpu;

/// <summary>y[rows[i]] = x[i] for every probe; the other rows of y stay. A task is one tile of x: rows are distinct, so no two write the same.</summary>
internal sealed unsafe class ScatterWork(WorkerPool pool) : ParallelWork
{
    private int[] _rows = [];
    private int _count;
    private int _first;
    private TileActivations _x = null!;
    private TileActivations _y = null!;

    public void Run(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, TileActivations y, int tokens)
    {
        if (rows.Length > x.Buffer.Tokens) throw new ArgumentException($"{rows.Length} rows, and x has {x.Buffer.Tokens} tokens.", nameof(rows));
        if (_rows.Length < rows.Length) _rows = new int[rows.Length];
        rows.CopyTo(_rows);
        foreach (var row in rows) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)tokens, nameof(rows));
        (_count, _x, _first, _y) = (rows.Length, (TileActivations)x.Buffer, x.First, y);
        y.Resize(tokens, pass.Probes.Count);
        pool.Run(this, _x.Tiles * pass.Probes.Count);
    }

    public override void Execute(int task, int thread)
    {
        const int lanes = TileActivations.Lanes;
        var (probe, tile) = Math.DivRem(task, _x.Tiles);
        var x = _x.Tile(probe, tile) + (_first * lanes);
        for (var lane = 0; lane < lanes && (tile * lanes) + lane < _count; lane++)
        {
            var row = _rows[(tile * lanes) + lane];
            var y = _y.Tile(probe, row / lanes) + (row % lanes);
            for (var f = 0; f < _y.Features; f++) y[f * lanes] = x[(f * lanes) + lane];
        }
    }
}
