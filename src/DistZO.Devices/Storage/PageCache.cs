using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DistZO.Devices;

/// <summary>Keeps files that are read once out of the system's page cache, which should serve those that are read again.</summary>
public static partial class PageCache
{
    private const int DoNotNeed = 4;

    /// <summary>
    /// Asks the system to forget what it holds of a file. Pages that are not on the disk yet stay. Does nothing where there is no such
    /// call; whoever reads the file reads the same either way.
    /// </summary>
    public static void Drop(SafeFileHandle file)
    {
        // Advice that was refused (a pipe, an odd file system) only costs memory that the system takes back by itself.
        if (OperatingSystem.IsLinux()) _ = Advise(file, 0, 0, DoNotNeed);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long bytes, int advice);
}
