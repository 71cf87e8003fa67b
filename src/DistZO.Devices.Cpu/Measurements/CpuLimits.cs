using DistZO.Devices.Cpu.Measurements;

namespace DistZO.Devices.Cpu;

/// <summary>
/// The parts of a step on their own, for measuring them: each call does a fixed amount of work and returns how much it was, and the
/// caller takes the time. One caller at a time.
/// </summary>
public sealed class CpuLimits : IDisposable
{
    private readonly WorkerPool _pool;
    private readonly MultiplyAddWork _multiplyAdd;
    private readonly PerturbWork _perturb;

    /// <param name="threads">Threads to compute on, the caller's included; at least 1.</param>
    public CpuLimits(int threads)
    {
        _pool = new WorkerPool(threads);
        _multiplyAdd = new MultiplyAddWork(_pool);
        _perturb = new PerturbWork(_pool);
    }

    /// <summary>Fused multiply-adds on registers, on all threads. Returns the floating-point operations, two for each.</summary>
    public long MultiplyAdd() => _multiplyAdd.Run();

    /// <summary>Both probes of float32 weights that lie in memory, z made and used at once. Returns the number of weights.</summary>
    public long Perturb() => _perturb.Run(perturbed: true);

    /// <summary>As <see cref="Perturb"/>, for one probe and without z: what reading and packing alone take.</summary>
    public long Pack() => _perturb.Run(perturbed: false);

    public void Dispose()
    {
        _perturb.Dispose();
        _pool.Dispose();
    }
}
