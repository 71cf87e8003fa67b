using DistZO.Devices;

namespace DistZO.Cli.Benchmarks.Gpu;

/// <summary>
/// Layers of a model that is too large for this machine, all in the memory of one: time and memory on the device are those of the real model, its
/// losses mean nothing.
/// </summary>
internal sealed class AliasedBlocks : IBlockStore
{
    private readonly HostBlock _block;

    public AliasedBlocks(IReadOnlyList<BlockLayout> layouts)
    {
        _block = new HostBlock(layouts.MaxBy(layout => layout.Bytes)!);
        Blocks = [.. layouts.Select(_ => _block)];
    }

    public IReadOnlyList<StoredBlock> Blocks { get; }

    public void Dispose() => _block.Dispose();
}
