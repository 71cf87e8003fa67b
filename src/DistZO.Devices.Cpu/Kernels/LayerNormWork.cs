using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>y = (x − mean)/√(var + ε)·scale + shift over the features of each token. A task is one tile of one probe; y may be x.</summary>
internal sealed unsafe class LayerNormWork<TLanes>(WorkerPool pool) : ParallelWork, IDisposable
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly VectorParameters _scale = new();
    private readonly VectorParameters _shift = new();
    private TileActivations _x = null!;
    private TileActivations _y = null!;
    private bool _hasScale;
    private bool _hasShift;
    private float _epsilon;

    public void Run(Pass pass, Parameter? scale, Parameter? shift, float epsilon, TileActivations x, TileActivations y)
    {
        (_x, _y, _epsilon, _hasScale, _hasShift) = (x, y, epsilon, scale is not null, shift is not null);
        if (scale is not null) _scale.Load(pass, scale);
        if (shift is not null) _shift.Load(pass, shift);
        y.Resize(x.Tokens, pass.Probes.Count);
        pool.Run(this, x.Tiles * pass.Probes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(int task, int thread)
    {
        var (probe, tile) = Math.DivRem(task, _x.Tiles);
        const int lanes = TileActivations.Lanes;
        const int partial = CpuArithmetic.PartialSums - 1;
        var features = _x.Features;
        var x = _x.Tile(probe, tile);
        var y = _y.Tile(probe, tile);
        var partials = stackalloc float[TileSum.Floats];
        var count = TLanes.Create(features);

        new Span<float>(partials, TileSum.Floats).Clear();
        for (var i = 0; i < features; i++)
        {
            var at = partials + ((i & partial) * lanes);
            TLanes.Store(at, TLanes.Load(at) + TLanes.Load(x + (i * lanes)));
        }

        var mean = TileSum.Tree<TLanes>(partials) / count;
        new Span<float>(partials, TileSum.Floats).Clear();
        for (var i = 0; i < features; i++)
        {
            var at = partials + ((i & partial) * lanes);
            var d = TLanes.Load(x + (i * lanes)) - mean;
            TLanes.Store(at, TLanes.Fma(d, d, TLanes.Load(at)));
        }

        var variance = TileSum.Tree<TLanes>(partials) / count;
        var inverse = TLanes.Create(1f) / TLanes.Sqrt(variance + TLanes.Create(_epsilon));
        var scale = _hasScale ? _scale.Of(probe) : null;
        var shift = _hasShift ? _shift.Of(probe) : null;
        for (var i = 0; i < features; i++)
        {
            var v = (TLanes.Load(x + (i * lanes)) - mean) * inverse;
            if (scale is not null) v *= TLanes.Create(scale[i]);
            if (shift is not null) v += TLanes.Create(shift[i]);
            TLanes.Store(y + (i * lanes), v);
        }
    }

    public void Dispose()
    {
        _scale.Dispose();
        _shift.Dispose();
    }
}
