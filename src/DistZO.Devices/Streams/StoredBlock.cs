namespace DistZO.Devices;

/// <summary>Which weights a stored block holds: those after <paramref name="Step"/> commits of the run whose chain hash there is <paramref name="Chain"/>.</summary>
public readonly record struct StoredVersion(int Step, ulong Chain);

/// <summary>
/// The bytes of one block on a slow tier: host memory, or a file. First those of its trained tensors, which get new versions, then those
/// of its frozen ones, which are written once. Reading gives the last version that was committed; writing fills the next one, all of its
/// trained bytes. Calls may come from any thread, but whoever calls keeps reads and writes of a block apart by events.
/// </summary>
public abstract class StoredBlock : IDisposable
{
    /// <summary>Reading and writing come in pieces of at most so many bytes, at multiples of <see cref="BlockLayout.Alignment"/>.</summary>
    public const int BytesPerCall = 1 << 24;

    /// <summary>The block's name in the model.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes of the whole block, a multiple of <see cref="BlockLayout.Alignment"/>.</summary>
    public abstract long Bytes { get; }

    /// <summary>Bytes of its trained tensors, which come first; a multiple of <see cref="BlockLayout.Alignment"/>.</summary>
    public abstract long TrainedBytes { get; }

    /// <summary>The version that reading gives; null for a block that has yet to be filled.</summary>
    public abstract StoredVersion? Version { get; protected set; }

    /// <summary>Reads from byte <paramref name="offset"/> on.</summary>
    /// <exception cref="RunFailedException">The disk failed; the message names the file.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Writes into the next version, or, before the first commit, into the block as it is made.</summary>
    /// <exception cref="RunFailedException">The disk is full or failed; the message names the file.</exception>
    public abstract void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>The next version is whole. It takes the place of the last one; a crash at any moment leaves one of the two.</summary>
    public abstract void Commit(StoredVersion version);

    /// <summary>
    /// Whether the version that reading gives, or one before it that is still whole and is read from here on, is one of the run's. Called
    /// before anything is written.
    /// </summary>
    /// <param name="belongs">Tells which are.</param>
    public virtual bool Recall(Func<StoredVersion, bool> belongs) => Version is { } version && belongs(version);

    public abstract void Dispose();
}
