using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A stored block that does what another one does; those that inherit do something of it otherwise.</summary>
/// <param name="block">Does it; disposed with this one.</param>
internal abstract class DelegatingBlock(StoredBlock block) : StoredBlock
{
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

    public override void Commit(StoredVersion version) => block.Commit(version);

    public override bool Recall(Func<StoredVersion, bool> belongs) => block.Recall(belongs);

    public override void Dispose() => block.Dispose();
}
