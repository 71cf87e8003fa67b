using DistZO.Devices;

namespace DistZO.Models;

/// <summary>The blocks of a model in slices on the slots of a node.</summary>
internal sealed class ShardedBlocks(IReadOnlyList<StoredBlock> blocks) : IBlockStore
{
    public IReadOnlyList<StoredBlock> Blocks => blocks;

    public void Dispose()
    {
        foreach (var block in blocks) block.Dispose();
    }
}

/// <summary>Blocks that belong to the first slot's model, as those of another slot.</summary>
internal sealed class BorrowedBlocks(IReadOnlyList<StoredBlock> blocks) : IBlockStore
{
    public IReadOnlyList<StoredBlock> Blocks => blocks;

    public void Dispose()
    {
    }
}
