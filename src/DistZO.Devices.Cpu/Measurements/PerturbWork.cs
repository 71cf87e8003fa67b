using DistZO.Devices.Cpu.Perturbation;

namespace DistZO.Devices.Cpu.Measurements;

/// <summary>
/// What a linear layer does to its weights before it multiplies: reads them from memory, and writes θ ± ε·z to panels that stay in the
/// cache. A task is one panel.
/// </summary>
internal sealed unsafe class PerturbWork(WorkerPool pool) : ParallelWork, IDisposable
{
    private const int Depth = CpuArithmetic.DepthChunk;
    private const int Rows = 96;
    private const int PanelElements = Depth * Rows;

    /// <summary>About 134 MB of weights: more than any cache holds.</summary>
    private const int Panels = 912;

    private const float Epsilon = 1e-3f;
    private readonly HostMemory _weights = new((long)Panels * PanelElements * sizeof(float));
    private readonly HostMemory _panels = new(2L * pool.Threads * PanelElements * sizeof(float));
    private ulong _seed;
    private bool _perturbed;

    /// <summary>Makes the panels of all weights, and returns how many weights they are.</summary>
    /// <param name="perturbed">False leaves out z: the weights are only copied.</param>
    public long Run(bool perturbed)
    {
        _seed++;
        _perturbed = perturbed;
        pool.Run(this, Panels);
        return (long)Panels * PanelElements;
    }

    public override void Execute(int task, int thread)
    {
        var first = (float*)_panels.Pointer + (2L * thread * PanelElements);
        for (var row = 0; row < Rows; row++, first += Depth)
        {
            var start = ((long)task * PanelElements) + (row * Depth);
            var second = first + PanelElements;
            if (_perturbed) PerturbKernel.Pair(_weights.Pointer, WeightType.Float32, 0, start, Depth, _seed, Epsilon, first, -Epsilon, second);
            else PerturbKernel.Plain(_weights.Pointer, WeightType.Float32, start, Depth, first);
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _panels.Dispose();
    }
}
