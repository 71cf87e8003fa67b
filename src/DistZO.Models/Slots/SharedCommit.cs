using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The commit of a block that several slots write, each its slice: the last of them commits it. A slot without trained bytes of the block
/// commits too.
/// </summary>
/// <param name="block">What is committed.</param>
/// <param name="slots">How many write.</param>
internal sealed class SharedCommit(StoredBlock block, int slots) : StoredBlock
{
    private int _committed;

    public override string Name => block.Name;

    public override long Bytes => block.Bytes;

    public override long TrainedBytes => block.TrainedBytes;

    public override StoredVersion? Version
    {
        get => block.Version;
        protected set => throw new NotSupportedException();
    }

    public override void Read(long offset, Span<byte> destination) => block.Read(offset, destination);

    public override void Write(long offset, ReadOnlySpan<byte> source) => block.Write(offset, source);

    public override void Commit(StoredVersion version)
    {
        // No slot writes the next version before this one is committed.
        if (Interlocked.Increment(ref _committed) % slots != 0) return;
        block.Commit(version);
    }

    /// <summary>The block belongs to its store.</summary>
    public override void Dispose()
    {
    }
}
