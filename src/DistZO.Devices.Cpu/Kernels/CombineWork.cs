using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>y (+)= f(scale·x), element by element. A task is one tile of one probe.</summary>
internal sealed unsafe class CombineWork<TLanes>(WorkerPool pool) : ParallelWork
    where TLanes : unmanaged, ILanes<TLanes>
{
    private float _scale;
    private TileActivations _x = null!;
    private TileActivations _y = null!;
    private Activation _activation;
    private Merge _merge;

    public void Run(Pass pass, float scale, TileActivations x, TileActivations y, Activation activation, Merge merge)
    {
        if (x.Features != y.Features) throw new ArgumentException($"x has {x.Features} features, y {y.Features}.");
        y.Resize(x.Tokens, pass.Probes.Count);
        (_scale, _x, _y, _activation, _merge) = (scale, x, y, activation, merge);
        pool.Run(this, x.Tiles * pass.Probes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(int task, int thread)
    {
        var (probe, tile) = Math.DivRem(task, _x.Tiles);
        float* x = _x.Tile(probe, tile), y = _y.Tile(probe, tile);
        var (scale, activation, merge) = (TLanes.Create(_scale), _activation, _merge);
        for (var i = 0; i < _x.Features * TileActivations.Lanes; i += TileActivations.Lanes)
        {
            var v = ActivationLanes.Apply(activation, TLanes.Load(x + i) * scale);
            if (merge == Merge.Add) v = TLanes.Load(y + i) + v;
            else if (merge == Merge.Multiply) v = TLanes.Load(y + i) * v;
            TLanes.Store(y + i, v);
        }
    }
}
