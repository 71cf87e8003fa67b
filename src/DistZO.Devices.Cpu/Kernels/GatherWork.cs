namespace DistZO.Devices.Cpu;

/// <summary>y[i] = x[rows[i]] for every probe; y may not be x. A task is one tile of y.</summary>
internal sealed unsafe class GatherWork(WorkerPool pool) : ParallelWork
{
    private int[] _rows = [];
    private int _count;
    private TileActivations _x = null!;
    private TileActivations _y = null!;

    public void Run(Pass pass, TileActivations x, ReadOnlySpan<int> rows, TileActivations y)
    {
        if (_rows.Length < rows.Length) _rows = new int[rows.Length];
        rows.CopyTo(_rows);
        foreach (var row in rows) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)x.Tokens);
        (_count, _x, _y) = (rows.Length, x, y);
        y.Resize(rows.Length, pass.Probes.Count);
        pool.Run(this, y.Tiles * pass.Probes.Count);
    }

    public override void Execute(int task, int thread)
    {
        const int lanes = TileActivations.Lanes;
        var (probe, tile) = Math.DivRem(task, _y.Tiles);
        var y = _y.Tile(probe, tile);
        for (var lane = 0; lane < lanes; lane++)
        {
            var index = (tile * lanes) + lane;
            if (index >= _count)
            {
                for (var f = 0; f < _y.Features; f++) y[(f * lanes) + lane] = 0f;
                continue;
            }

            var x = _x.Tile(probe, _rows[index] / lanes) + (_rows[index] % lanes);
            for (var f = 0; f < _y.Features; f++) y[(f * lanes) + lane] = x[f * lanes];
        }
    }
}
