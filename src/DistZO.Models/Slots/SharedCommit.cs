using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The commit of a block that several slots write, each its slice: the last of them commits it. A slot without trained bytes of the block
/// commits too.
/// </summary>
/// <param name="block">What is committed.</param>
/// <param name="slots">How many write.</param>
internal sealed class SharedCommit(StoredBlock block, int slots) : DelegatingBlock(block)
{
    private int _committed;

    public override void Commit(StoredVersion version)
    {
        // No slot writes the next version before this one is committed.
        if (Interlocked.Increment(ref _committed) % slots != 0) return;
        base.Commit(version);
    }

    /// <summary>The block belongs to its store.</summary>
    public override void Dispose()
    {
    }
}
