using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// When a streamed block is written back: every K-th step, each block at another one, so that as much is written at each step. With K = 1
/// every visit writes what it folded; with a larger K it writes K-fold less, and folds (K + 1) / 2 pending commits on average, each of
/// which makes z once more. Which K changes time, never bits.
/// </summary>
internal abstract class WriteBackPolicy
{
    /// <summary>Commits that a stored block may lack at most.</summary>
    public const int Most = 32;

    /// <summary>K.</summary>
    public abstract int Steps { get; }

    /// <summary>Whether K is more than a beginning.</summary>
    public virtual bool IsChosen => true;

    /// <summary>A pass begins.</summary>
    public abstract void Begin(IReadOnlyList<StreamedBlock> blocks, UpdateHistory? updates, int step);

    /// <summary>The kernels have to wait for a block.</summary>
    /// <param name="seconds">Tells for how long, once the pass is over (<see cref="Device.AwaitMeasured"/>).</param>
    public abstract void Stalled(Func<double> seconds);

    /// <summary>Whether a block that is folded to a step, and stored as of an earlier one, is to be written back.</summary>
    public bool IsDue(int block, int step, int stored) => step - stored >= Steps || (step + block) % Steps == 0;
}

/// <summary>A K that somebody chose.</summary>
internal sealed class FixedWriteBack(int steps) : WriteBackPolicy
{
    public override int Steps => steps;

    public override void Begin(IReadOnlyList<StreamedBlock> blocks, UpdateHistory? updates, int step)
    {
    }

    public override void Stalled(Func<double> seconds)
    {
    }
}
