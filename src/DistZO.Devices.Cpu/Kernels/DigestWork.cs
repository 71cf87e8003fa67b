using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Cpu;

/// <summary>A parameter's part of the weights digest. The sum is taken mod 2¹²⁸, so tasks may add up in any order.</summary>
internal sealed unsafe class DigestWork(WorkerPool pool) : ParallelWork
{
    private const int BytesPerTask = 1 << 18;
    private readonly Lock _gate = new();
    private Parameter _parameter = null!;
    private long _bytes;
    private UInt128 _sum;

    public UInt128 Run(Parameter parameter)
    {
        (_parameter, _bytes, _sum) = (parameter, parameter.Length * parameter.Type.Size(), 0);
        pool.Run(this, checked((int)((_bytes + BytesPerTask - 1) / BytesPerTask)));
        return _sum;
    }

    public override void Execute(int task, int thread)
    {
        var at = (long)task * BytesPerTask;
        var part = DigestKernel.Sum(((HostMemory)_parameter.Storage).Pointer + at, Math.Min(BytesPerTask, _bytes - at), at / 8, (uint)_parameter.Ordinal);
        lock (_gate) _sum += part;
    }
}
