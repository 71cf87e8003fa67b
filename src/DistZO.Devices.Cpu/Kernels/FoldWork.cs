using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Cpu;

/// <summary>Folds a whole parameter in one pass over its memory, whatever the number of pending updates. A task is a run of elements.</summary>
internal sealed unsafe class FoldWork(WorkerPool pool) : ParallelWork
{
    private const int ElementsPerTask = 1 << 14;
    private Parameter _parameter = null!;
    private UpdateHistory _updates = null!;
    private int _step;

    public void Run(Parameter parameter, UpdateHistory updates, int step)
    {
        if (parameter.FoldedTo > step) throw new InvalidOperationException($"'{parameter.Name}' is already folded to step {parameter.FoldedTo}, past {step}.");
        if (parameter.FoldedTo == step) return;
        (_parameter, _updates, _step) = (parameter, updates, step);
        if (parameter.Trainable) pool.Run(this, checked((int)((parameter.Length + ElementsPerTask - 1) / ElementsPerTask)));
        parameter.FoldedTo = step;
    }

    public override void Execute(int task, int thread)
    {
        var start = (long)task * ElementsPerTask;
        var count = (int)Math.Min(ElementsPerTask, _parameter.Length - start);
        FoldKernel.Apply(
            ((HostMemory)_parameter.Storage).Pointer,
            _parameter.Type,
            (uint)_parameter.Ordinal,
            _parameter.Role.Decays(),
            start,
            count,
            _updates.Between(_parameter.FoldedTo, _step));
    }
}
