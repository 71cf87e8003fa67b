namespace DistZO.Devices.Cpu;

/// <summary>A kernel's work, cut into tasks that do not depend on one another. Instances are kept and reused, so that starting one
/// allocates nothing.</summary>
internal abstract class ParallelWork
{
    /// <summary>Does task <paramref name="task"/> on pool thread <paramref name="thread"/> (0 is the caller).</summary>
    public abstract void Execute(int task, int thread);
}
