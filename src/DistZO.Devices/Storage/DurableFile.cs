using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>
/// Files that a crash or a power cut leaves either whole or not there at all. A file is written under a temporary name beside its
/// target, flushed to the disk, renamed over the target, and then the directory is flushed: only then is the rename durable.
/// </summary>
public static partial class DurableFile
{
    /// <summary>What a file's name ends in while it is being written. A leftover of a crash is overwritten by the next write.</summary>
    public const string TemporarySuffix = ".tmp";

    // Linux errno values. The last two, and a read-only file system, are how some file systems say that a directory needs no flush.
    private const int ReadOnlyFileSystem = 30;
    private const int InvalidArgument = 22;
    private const int NotSupported = 95;

    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Writes <paramref name="path"/> with <paramref name="write"/>, durably: on return the file and its name are on the disk. If
    /// anything fails, the old file is still there and the temporary one is gone.
    /// </summary>
    /// <param name="path">The file to make or replace. If it is a symbolic link, the link is replaced, not what it points to.</param>
    /// <param name="write">Writes the whole content, from the start to the end.</param>
    /// <param name="bytes">The size if known, else 0. The space is reserved first, so that a full disk shows at once.</param>
    /// <exception cref="BadInputException">The place cannot be written to, and a retry would not change that.</exception>
    /// <exception cref="RunFailedException">The disk is full, or it failed.</exception>
    public static void WriteAtomically(string path, Action<Stream> write, long bytes = 0)
    {
        var temporary = path + TemporarySuffix;
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            PreallocationSize = bytes,
            BufferSize = 1 << 16,
        };
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(temporary);
            if (e is IOException or UnauthorizedAccessException) throw Explain(path, e, bytes);
            throw;
        }

        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>
    /// Makes what happened to the names in a directory durable: files created, renamed or deleted there. Does nothing on Windows,
    /// which has no such call.
    /// </summary>
    /// <exception cref="RunFailedException">The directory could not be flushed, so nothing that was done in it is certain.</exception>
    public static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(directory, OperatingSystem.IsLinux() ? CloseOnExec : 0);
        var error = handle < 0 || Flush(handle) < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (handle >= 0) _ = Close(handle);
        if (error is 0 or InvalidArgument or NotSupported or ReadOnlyFileSystem) return;
        var reason = Marshal.GetPInvokeErrorMessage(error);
        throw new RunFailedException($"cannot flush the directory '{directory}' to disk ({reason}); check the disk, then run it again");
    }

    /// <summary>What to throw when a file could not be written: bad input if the place is at fault, else a failed run.</summary>
    /// <param name="path">The file that was being written.</param>
    /// <param name="error">What the file system threw.</param>
    /// <param name="bytes">The size that the file needs if known, else 0.</param>
    public static Exception Explain(string path, Exception error, long bytes = 0)
    {
        // .NET's messages name the path themselves, and sometimes the temporary one; the user's path is said first here.
        var reason = error.Message.TrimEnd('.');
        var isMissing = error is FileNotFoundException or DirectoryNotFoundException or PathTooLongException;
        if (isMissing || error is UnauthorizedAccessException || error.HResult == ReadOnlyFileSystem)
        {
            return new BadInputException($"cannot write '{path}' ({reason}); choose a directory that exists and can be written to", error);
        }

        var needed = bytes > 0 ? $"; it needs {bytes:N0} bytes" : "";
        return new RunFailedException($"cannot write '{path}' ({reason}){needed}; free space or check the disk, then run it again", error);
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report; the next write overwrites the leftover.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
