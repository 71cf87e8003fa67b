namespace DistZO.Devices.Tests;

/// <summary>A directory of blocks, and what was told while it was opened.</summary>
internal sealed class OpenedBlocks : IDisposable
{
    private readonly BlockDirectory _directory;

    public OpenedBlocks(string path, params BlockLayout[] layouts)
        : this(path, layouts, SampleBlocks.Origin, version => version == SampleBlocks.Version(version.Step))
    {
    }

    public OpenedBlocks(string path, BlockLayout[] layouts, byte[] origin, Func<StoredVersion, bool> belongs, bool direct = true) =>
        _directory = BlockDirectory.Open(path, layouts, new BlockDirectoryOptions(origin, belongs, Note) { Direct = direct });

    /// <summary>Lines that were told, in their order, without the one about direct I/O, which the machine's temporary folder may lack.</summary>
    public List<string> Notices { get; } = [];

    public DiskBlock this[int index] => _directory.Blocks[index];

    public int Count => _directory.Blocks.Count;

    public void Dispose() => _directory.Dispose();

    private void Note(string line)
    {
        if (!line.StartsWith("direct I/O is not supported", StringComparison.Ordinal)) Notices.Add(line);
    }
}
