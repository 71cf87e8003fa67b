using DistZO.Devices;

namespace DistZO.Models.Tests.Slots;

/// <summary>Blocks in memory that is not the host's to fold in, and what is written to them once they are filled.</summary>
internal sealed class CountedBlocks : IBlockStore
{
    private long _written;

    public CountedBlocks(IReadOnlyList<BlockLayout> layouts) => Blocks = [.. layouts.Select(layout => new CountedBlock(this, new HostBlock(layout)))];

    public IReadOnlyList<StoredBlock> Blocks { get; }

    /// <summary>Bytes.</summary>
    public long Written => Interlocked.Read(ref _written);

    public void Dispose()
    {
        foreach (var block in Blocks) block.Dispose();
    }

    private sealed class CountedBlock(CountedBlocks store, HostBlock block) : DelegatingBlock(block)
    {
        public override void Write(long offset, ReadOnlySpan<byte> source)
        {
            if (Version is not null) Interlocked.Add(ref store._written, source.Length);
            base.Write(offset, source);
        }
    }
}
