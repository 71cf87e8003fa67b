namespace DistZO.Devices;

/// <summary>A block as it is transferred, in host memory that it shares with others, one at a time.</summary>
/// <param name="layout">Of the block.</param>
/// <param name="stage">The memory; belongs to whoever made it.</param>
public sealed class StagedBlock(PackedLayout layout, HostBlock stage) : StoredBlock
{
    public override string Name => layout.Name;

    public override long Bytes => layout.Bytes;

    public override long TrainedBytes => 0;

    public override StoredVersion? Version { get; protected set; }

    /// <summary>Where its tensors are.</summary>
    public PackedLayout Layout => layout;

    /// <summary>The memory.</summary>
    public HostBlock Stage => stage;

    public override void Read(long offset, Span<byte> destination) => stage.Read(offset, destination);

    public override void Write(long offset, ReadOnlySpan<byte> source) => stage.Write(offset, source);

    public override void Commit(StoredVersion version) => Version = version;

    public override void Dispose()
    {
    }
}
