using Microsoft.Win32.SafeHandles;

namespace DistZO.Optimization;

/// <summary>The three things that a ledger's writer asks of its file. Virtual so that tests can let them fail.</summary>
internal class AppendFile(SafeFileHandle handle) : IDisposable
{
    /// <summary>Opens an existing file. No lock is taken on it, so that it can be read meanwhile; see <see cref="LedgerLock"/>.</summary>
    public static AppendFile Open(string path) =>
        new(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public virtual void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

    /// <summary>fsync: returns once the bytes are on the disk.</summary>
    public virtual void Flush() => RandomAccess.FlushToDisk(handle);

    public virtual void Truncate(long length) => RandomAccess.SetLength(handle, length);

    public void Dispose()
    {
        handle.Dispose();
        GC.SuppressFinalize(this);
    }
}
