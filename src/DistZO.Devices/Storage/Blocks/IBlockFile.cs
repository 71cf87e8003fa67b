namespace DistZO.Devices;

/// <summary>The bytes of a block's file. Any number of threads may read and write at once.</summary>
internal interface IBlockFile : IDisposable
{
    /// <summary>Fills <paramref name="destination"/> from byte <paramref name="offset"/> on.</summary>
    void Read(long offset, Span<byte> destination);

    /// <summary>Writes whole pages. They may come to the disk in any order until <see cref="Flush"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>All that was written is on the disk.</summary>
    void Flush();

    /// <summary>What was read or <paramref name="written"/> so far need not stay in the page cache, if it went through it.</summary>
    void Forget(bool written);
}
