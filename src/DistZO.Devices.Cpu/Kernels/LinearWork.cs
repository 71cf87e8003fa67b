using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// y = f(x·Wᵀ + b), or y += f(…), or y *= f(…). A task is a band of output features: it folds and packs each chunk of its weight rows once, for both signs of
/// a direction, and multiplies all tokens of both probes by it while the panels are warm.
/// </summary>
internal sealed unsafe class LinearWork<TLanes> : ParallelWork, IDisposable
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly WorkerPool _pool;
    private readonly PackedRows<TLanes>[] _packed;
    private readonly VectorParameters _bias = new();
    private TileActivations _x = null!;
    private TileActivations _sum = null!;
    private TileActivations _y = null!;
    private readonly Dictionary<int, TileActivations> _scratch = [];
    private WeightView _weights;
    private int _inputs;
    private int _outputs;
    private int _probes;
    private int _band;
    private bool _hasBias;
    private bool _inputsFirst;
    private Activation _activation;
    private Merge _merge;

    public LinearWork(WorkerPool pool, PackedRows<TLanes>[] packed)
    {
        _pool = pool;
        _packed = packed;
    }

    public void Run(
        Pass pass, Parameter weight, Parameter? bias, TileActivations x, TileActivations y, Activation activation, Merge merge, bool inputsFirst)
    {
        (_inputs, _outputs, _probes) = (x.Features, y.Features, pass.Probes.Count);
        var (outputs, inputs) = inputsFirst ? (weight.Columns, weight.Rows) : (weight.Rows, weight.Columns);
        if (outputs != _outputs || inputs != _inputs)
            throw new ArgumentException($"'{weight.Name}' has {outputs} outputs of {inputs} inputs, not {_outputs} of {_inputs}.");
        (_x, _y, _sum, _activation, _hasBias, _merge, _inputsFirst) = (x, y, y, activation, bias is not null, merge, inputsFirst);
        if (merge != Merge.Replace)
        {
            // y holds what the result meets, so the chunks are summed up elsewhere.
            if (!_scratch.TryGetValue(_outputs, out var scratch)) _scratch[_outputs] = scratch = new TileActivations(_outputs);
            _sum = scratch;
        }

        _sum.Resize(x.Tokens, _probes);
        if (bias is not null) _bias.Load(pass, bias);
        _weights = new WeightView(weight, pass);
        _band = BandRows(_outputs, _pool.Threads);
        _pool.Run(this, (_outputs + _band - 1) / _band);
        _weights.Done();
    }

    public override void Execute(int task, int thread)
    {
        var row = task * _band;
        var rows = Math.Min(_band, _outputs - row);
        var packed = _packed[thread];
        for (var column = 0; column < _inputs; column += CpuArithmetic.DepthChunk)
        {
            var depth = Math.Min(CpuArithmetic.DepthChunk, _inputs - column);
            for (var probe = 0; probe < _probes;)
            {
                var group = _weights.GroupSize(probe, out var panels);
                if (_inputsFirst) packed.PackTransposed(_weights, _outputs, row, rows, column, depth, probe, panels);
                else packed.Pack(_weights, _inputs, row, rows, column, depth, probe, panels);
                for (var i = 0; i < group; i++) Multiply(packed, probe + i, Math.Min(i, panels - 1), row, rows, column, depth);
                probe += group;
            }
        }
    }

    public void Dispose()
    {
        _bias.Dispose();
        foreach (var scratch in _scratch.Values) scratch.Dispose();
    }

    /// <summary>Rows a task: full panels, but at least two tasks a thread where the layer is narrow.</summary>
    private static int BandRows(int outputs, int threads)
    {
        const int step = 12;
        var even = (outputs + (2 * threads) - 1) / (2 * threads);
        return Math.Clamp((even + step - 1) / step * step, step, PackedRows<TLanes>.MaxRows);
    }

    /// <summary>One chunk of k for one probe, block of tiles by block; the last chunk also finishes each block while it is warm.</summary>
    private void Multiply(PackedRows<TLanes> packed, int probe, int which, int row, int rows, int column, int depth)
    {
        const int lanes = TileActivations.Lanes;
        var b = _x.Tile(probe, 0) + (column * lanes);
        var c = _sum.Tile(probe, 0) + (row * lanes);
        var isLast = column + depth == _inputs;
        for (var first = 0; first < _x.Tiles; first += PackedRows<TLanes>.TilesPerBlock)
        {
            var end = Math.Min(_x.Tiles, first + PackedRows<TLanes>.TilesPerBlock);
            packed.Multiply(which, rows, depth, b, (long)_inputs * lanes, c, (long)_outputs * lanes, first, end, column > 0);
            if (isLast) Finish(probe, row, rows, first, end);
        }
    }

    /// <summary>Bias, activation and what y held, for one band of some tiles of one probe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(int probe, int row, int rows, int first, int end)
    {
        if (!_hasBias && _activation == Activation.None && _merge == Merge.Replace) return;
        var bias = _hasBias ? _bias.Of(probe) + row : null;
        var (activation, merge) = (_activation, _merge);
        for (var tile = first; tile < end; tile++)
        {
            var sum = _sum.Tile(probe, tile) + (row * TileActivations.Lanes);
            var y = _y.Tile(probe, tile) + (row * TileActivations.Lanes);
            for (var r = 0; r < rows; r++, sum += TileActivations.Lanes, y += TileActivations.Lanes)
            {
                var v = TLanes.Load(sum);
                if (bias is not null) v += TLanes.Create(bias[r]);
                v = ActivationLanes.Apply(activation, v);
                if (merge == Merge.Add) v = TLanes.Load(y) + v;
                else if (merge == Merge.Multiply) v = TLanes.Load(y) * v;
                TLanes.Store(y, v);
            }
        }
    }
}
