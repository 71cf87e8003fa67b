using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>Rotary positions, in place: overwrites x. A task is one tile of one probe.</summary>
internal sealed unsafe class RotationWork<TLanes>(WorkerPool pool) : ParallelWork
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Lanes = TileActivations.Lanes;
    private TileActivations _angles = null!;
    private TileActivations _x = null!;

    public void Run(Pass pass, TileActivations angles, TileActivations x)
    {
        if (angles.Tokens != x.Tokens || angles.Features % 2 != 0 || x.Features % angles.Features != 0)
            throw new ArgumentException($"{x.Tokens} × {x.Features} features are not heads of {angles.Tokens} × {angles.Features} angles.");
        (_angles, _x) = (angles, x);
        pool.Run(this, x.Tiles * pass.Probes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(int task, int thread)
    {
        var (probe, tile) = Math.DivRem(task, _x.Tiles);
        var half = _angles.Features / 2;
        var cosines = _angles.Tile(probe, tile);
        var sines = cosines + (half * Lanes);
        for (var head = 0; head < _x.Features; head += 2 * half)
        {
            var first = _x.Tile(probe, tile) + (head * Lanes);
            var second = first + (half * Lanes);
            for (var i = 0; i < half * Lanes; i += Lanes)
            {
                var (a, b) = (TLanes.Load(first + i), TLanes.Load(second + i));
                var (cos, sin) = (TLanes.Load(cosines + i), TLanes.Load(sines + i));
                TLanes.Store(first + i, TLanes.Fma(a, cos, (b * sin) ^ TLanes.CreateInt(int.MinValue)));
                TLanes.Store(second + i, TLanes.Fma(b, cos, a * sin));
            }
        }
    }
}
