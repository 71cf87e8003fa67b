using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu;

/// <summary>
/// y = x/√(mean(x²) + ε)·scale over each run of as many features as the scale has. A task is one tile of one probe; y may be x.
/// </summary>
internal sealed unsafe class RmsNormWork<TLanes>(WorkerPool pool) : ParallelWork, IDisposable
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Lanes = TileActivations.Lanes;
    private readonly VectorParameters _scale = new();
    private TileActivations _x = null!;
    private TileActivations _y = null!;
    private int _width;
    private float _epsilon;

    public void Run(Pass pass, Parameter scale, float epsilon, TileActivations x, TileActivations y)
    {
        (_x, _y, _epsilon, _width) = (x, y, epsilon, checked((int)scale.Length));
        if (x.Features % _width != 0) throw new ArgumentException($"'{scale.Name}' has {_width} features, of which {x.Features} are no multiple.");
        _scale.Load(pass, scale);
        y.Resize(x.Tokens, pass.Probes.Count);
        pool.Run(this, x.Tiles * pass.Probes.Count);
    }

    public override void Execute(int task, int thread)
    {
        var (probe, tile) = Math.DivRem(task, _x.Tiles);
        for (var at = 0; at < _x.Features; at += _width)
            Normalize(_x.Tile(probe, tile) + (at * Lanes), _scale.Of(probe), _y.Tile(probe, tile) + (at * Lanes));
    }

    public void Dispose() => _scale.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(float* x, float* scale, float* y)
    {
        var partials = stackalloc float[TileSum.Floats];
        new Span<float>(partials, TileSum.Floats).Clear();
        for (var i = 0; i < _width; i++)
        {
            var at = partials + ((i & (CpuArithmetic.PartialSums - 1)) * Lanes);
            var v = TLanes.Load(x + (i * Lanes));
            TLanes.Store(at, TLanes.Fma(v, v, TLanes.Load(at)));
        }

        var mean = TileSum.Tree<TLanes>(partials) / TLanes.Create(_width);
        var inverse = TLanes.Create(1f) / TLanes.Sqrt(mean + TLanes.Create(_epsilon));
        for (var i = 0; i < _width; i++)
            TLanes.Store(y + (i * Lanes), TLanes.Load(x + (i * Lanes)) * inverse * TLanes.Create(scale[i]));
    }
}
