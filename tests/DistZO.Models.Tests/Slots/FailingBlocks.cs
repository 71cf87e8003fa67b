using DistZO.Devices;

namespace DistZO.Models.Tests.Slots;

/// <summary>Blocks in memory of which, once they are filled, only so many writes succeed.</summary>
internal sealed class FailingBlocks(IReadOnlyList<BlockLayout> layouts, int writes) : IBlockStore
{
    private int _left = writes;

    public IReadOnlyList<StoredBlock> Blocks => field ??= [.. layouts.Select(layout => new FailingBlock(this, new HostBlock(layout)))];

    public void Dispose()
    {
        foreach (var block in Blocks) block.Dispose();
    }

    private sealed class FailingBlock(FailingBlocks store, HostBlock block) : DelegatingBlock(block)
    {
        public override void Write(long offset, ReadOnlySpan<byte> source)
        {
            if (Version is not null && Interlocked.Decrement(ref store._left) < 0) throw new RunFailedException("the disk is gone");
            base.Write(offset, source);
        }
    }
}
