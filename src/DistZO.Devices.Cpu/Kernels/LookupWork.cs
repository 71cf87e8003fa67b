namespace DistZO.Devices.Cpu;

/// <summary>
/// y[t] = table[rows[t]], or y[t] += …. Only the touched rows are perturbed. A task is a run of tokens; each row's z is made once for
/// both signs of a direction.
/// </summary>
internal sealed unsafe class LookupWork(WorkerPool pool) : ParallelWork, IDisposable
{
    private const int TokensPerTask = 16;
    private HostMemory? _scratch;
    private int[] _rows = [];
    private int _count;
    private WeightView _table;
    private TileActivations _y = null!;
    private int _probes;
    private bool _accumulate;

    public void Run(Pass pass, Parameter table, ReadOnlySpan<int> rows, TileActivations y, bool accumulate)
    {
        if (_rows.Length < rows.Length) _rows = new int[rows.Length];
        rows.CopyTo(_rows);
        foreach (var row in rows) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)table.Rows);
        (_count, _y, _accumulate, _probes) = (rows.Length, y, accumulate, pass.Probes.Count);
        _table = new WeightView(table, pass);
        y.Resize(rows.Length, _probes);
        var bytes = (long)pool.Threads * ScratchOf(y.Features) * sizeof(float);
        if (_scratch is null || _scratch.Bytes < bytes)
        {
            _scratch?.Dispose();
            _scratch = new HostMemory(bytes);
        }

        pool.Run(this, (_count + TokensPerTask - 1) / TokensPerTask);
    }

    public override void Execute(int task, int thread)
    {
        var features = _y.Features;
        var buffer = (float*)_scratch!.Pointer + ((long)thread * ScratchOf(features));
        var end = Math.Min(_count, (task + 1) * TokensPerTask);
        for (var probe = 0; probe < _probes;)
        {
            var group = _table.GroupSize(probe);
            for (var token = task * TokensPerTask; token < end; token++)
            {
                var second = group == 2 ? buffer + features : null;
                _table.ReadUnfolded((long)_rows[token] * features, features, probe, buffer, second, buffer + (2 * features));
                Put(buffer, probe, token);
                if (second is not null) Put(second, probe + 1, token);
            }

            ClearUnusedLanes(probe, group, end);
            probe += group;
        }
    }

    public void Dispose() => _scratch?.Dispose();

    /// <summary>Floats of a thread: two rows as probes see them, and one that is folded.</summary>
    private static int ScratchOf(int features) => (3 * features) + WeightView.ScratchElements;

    private void Put(float* values, int probe, int token)
    {
        const int lanes = TileActivations.Lanes;
        var y = _y.Tile(probe, token / lanes) + (token % lanes);
        var features = _y.Features;
        if (_accumulate)
        {
            for (var i = 0; i < features; i++, y += lanes) *y += values[i];
        }
        else
        {
            for (var i = 0; i < features; i++, y += lanes) *y = values[i];
        }
    }

    /// <summary>The lanes past the last token take part in every kernel; they start as zeros, so that they stay finite.</summary>
    private void ClearUnusedLanes(int probe, int group, int end)
    {
        const int lanes = TileActivations.Lanes;
        if (_accumulate || end != _count || end % lanes == 0) return;
        for (var i = 0; i < group; i++)
        {
            var y = _y.Tile(probe + i, end / lanes);
            for (var f = 0; f < _y.Features; f++)
            {
                for (var lane = end % lanes; lane < lanes; lane++) y[(f * lanes) + lane] = 0f;
            }
        }
    }
}
