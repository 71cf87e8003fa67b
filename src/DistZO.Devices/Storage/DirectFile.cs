using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DistZO.Devices;

/// <summary>
/// A file that is read and written past the system's page cache (O_DIRECT): bytes go between the disk and the caller's memory, and no
/// copy of them stays behind. Where the file system or the system has no such thing, they go through the page cache and are dropped from
/// it. Any number of threads may read and write at once.
/// </summary>
public sealed partial class DirectFile : IBlockFile
{
    private const int InvalidArgument = 22;
    private const int NoSpace = 28;
    private const int NotSupported = 95;
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;

    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly bool _direct;

    private DirectFile(string path, SafeFileHandle handle, bool direct) => (_path, _handle, _direct) = (path, handle, direct);

    // The flag's number is the architecture's.
    private static int Direct => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    /// <summary>Opens an existing file for reading and writing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="direct">Past the page cache; <see cref="IsSupportedIn"/> says whether that can be.</param>
    /// <exception cref="RunFailedException">It cannot be opened.</exception>
    public static DirectFile Open(string path, bool direct)
    {
        try
        {
            var handle = direct ? OpenDirect(path) : File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return new DirectFile(path, handle, direct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(
                $"cannot open '{path}' ({e.Message.TrimEnd('.')}); check the disk and the permissions, then run it again", e);
        }
    }

    /// <summary>Whether files of a directory can be read and written past the page cache; finds out with a small file of its own.</summary>
    /// <exception cref="BadInputException">Nothing can be written there.</exception>
    /// <exception cref="RunFailedException">The disk is full or failed.</exception>
    public static bool IsSupportedIn(string directory)
    {
        if (!OperatingSystem.IsLinux()) return false;
        var probe = Path.Combine(directory, ".distzo-direct.probe");
        using var page = new AlignedBuffer(BlockLayout.Alignment);
        page.Span.Clear();
        try
        {
            File.OpenHandle(probe, FileMode.Create, FileAccess.Write).Dispose();
            using var handle = OpenDirect(probe);
            RandomAccess.Write(handle, page.Span, 0);
            return RandomAccess.Read(handle, page.Span, 0) == page.Span.Length;
        }
        catch (IOException e) when (e.HResult is InvalidArgument or NotSupported)
        {
            return false;
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            // Blocks that are there already need none. The file could be opened, and few file systems refuse after that.
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(probe, e, BlockLayout.Alignment);
        }
        finally
        {
            File.Delete(probe);
        }
    }

    /// <summary>Fills <paramref name="destination"/>, wherever it lies in memory, from byte <paramref name="offset"/> on.</summary>
    /// <exception cref="RunFailedException">The disk failed, or the file ends before.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (!_direct || (IsWhole(offset, destination.Length) && AlignedBuffer.IsAligned(destination)))
        {
            ReadFully(offset, destination);
            return;
        }

        var before = (int)(offset % BlockLayout.Alignment);
        using var bounce = new AlignedBuffer(RoundUp(before + destination.Length));
        ReadFully(offset - before, bounce.Span);
        bounce.Span.Slice(before, destination.Length).CopyTo(destination);
    }

    /// <summary>
    /// Writes bytes, wherever they lie in memory, from byte <paramref name="offset"/> on. It and their number are multiples of
    /// <see cref="BlockLayout.Alignment"/>.
    /// </summary>
    /// <exception cref="RunFailedException">The disk is full or failed.</exception>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        if (!IsWhole(offset, source.Length)) throw new ArgumentOutOfRangeException(nameof(offset));
        if (!_direct || AlignedBuffer.IsAligned(source))
        {
            WriteFully(offset, source);
            return;
        }

        using var bounce = new AlignedBuffer(source.Length);
        source.CopyTo(bounce.Span);
        WriteFully(offset, bounce.Span);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (IOException e)
        {
            throw Failed("write", e);
        }
    }

    /// <inheritdoc/>
    public void Forget(bool written)
    {
        if (_direct) return;
        if (written) Flush();

        // Of all of the file: the system keeps pages in runs, and drops only runs that lie in the range as a whole.
        PageCache.Drop(_handle);
    }

    public void Dispose() => _handle.Dispose();

    private static bool IsWhole(long offset, int length) => offset % BlockLayout.Alignment == 0 && length % BlockLayout.Alignment == 0;

    private static int RoundUp(int bytes) => (bytes + BlockLayout.Alignment - 1) / BlockLayout.Alignment * BlockLayout.Alignment;

    private static SafeFileHandle OpenDirect(string path)
    {
        var handle = OpenFile(path, ReadWrite | CloseOnExec | Direct);
        var error = Marshal.GetLastPInvokeError();
        if (handle < 0) throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
        return new SafeFileHandle(handle, ownsHandle: true);
    }

    private void ReadFully(long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(_handle, destination, offset);
                if (read == 0) throw new IOException("the file was cut short while it was in use");
                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("read", e);
        }
    }

    private void WriteFully(long offset, ReadOnlySpan<byte> source)
    {
        try
        {
            RandomAccess.Write(_handle, source, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed("write", e, $"; it needs {source.Length:N0} bytes there at byte {offset:N0}");
        }
    }

    private RunFailedException Failed(string what, Exception e, string needed = "") => new(
        $"cannot {what} '{_path}' ({e.Message.TrimEnd('.')}){needed}; free space or check the disk, then run it again: " +
        "no step is lost, it goes on from the ledger", e);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
