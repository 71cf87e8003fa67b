namespace DistZO.Devices;

/// <summary>The blocks of a model in host memory.</summary>
public sealed class HostBlocks : IBlockStore
{
    private readonly List<HostBlock> _blocks = [];

    /// <param name="layouts">What is stored.</param>
    /// <exception cref="RunFailedException">There is not enough memory.</exception>
    public HostBlocks(IReadOnlyList<BlockLayout> layouts)
    {
        try
        {
            foreach (var layout in layouts) _blocks.Add(new HostBlock(layout));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyList<StoredBlock> Blocks => _blocks;

    public void Dispose()
    {
        foreach (var block in _blocks) block.Dispose();
    }
}
