namespace DistZO.Devices.Cpu;

/// <summary>y[rows[i]] = x[i] for every probe; the other rows of y stay. A task is one tile of x: rows are distinct, so no two write the same.</summary>
internal sealed unsafe class ScatterWork(WorkerPool pool) : ParallelWork
{
    private int[] _rows = [];
    private int _count;
    private TileActivations _x = null!;
    private TileActivations _y = null!;

    public void Run(Pass pass, TileActivations x, ReadOnlySpan<int> rows, TileActivations y, int tokens)
    {
        if (rows.Length > x.Tokens) throw new ArgumentException($"{rows.Length} rows, and x has {x.Tokens} tokens.", nameof(rows));
        if (_rows.Length < rows.Length) _rows = new int[rows.Length];
        rows.CopyTo(_rows);
        foreach (var row in rows) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)tokens, nameof(rows));
        (_count, _x, _y) = (rows.Length, x, y);
        y.Resize(tokens, pass.Probes.Count);
        pool.Run(this, x.Tiles * pass.Probes.Count);
    }

    public override void Execute(int task, int thread)
    {
        const int lanes = TileActivations.Lanes;
        var (probe, tile) = Math.DivRem(task, _x.Tiles);
        var x = _x.Tile(probe, tile);
        for (var lane = 0; lane < lanes && (tile * lanes) + lane < _count; lane++)
        {
            var row = _rows[(tile * lanes) + lane];
            var y = _y.Tile(probe, row / lanes) + (row % lanes);
            for (var f = 0; f < _x.Features; f++) y[f * lanes] = x[(f * lanes) + lane];
        }
    }
}
