using System.Runtime.InteropServices;

namespace DistZO.Tests;

/// <summary>Counts the pages of a file that the system holds in memory (mincore).</summary>
internal static unsafe partial class CachedPages
{
    private const int ReadAccess = 1;
    private const int Shared = 1;

    public static int Of(string path)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "counting cached pages is Linux's mincore");
        using var file = File.OpenHandle(path);
        var bytes = (nuint)RandomAccess.GetLength(file);
        var map = Map(0, bytes, ReadAccess, Shared, (int)file.DangerousGetHandle(), 0);
        Assert.NotEqual(-1, map);
        var resident = new byte[(bytes + 4095) / 4096];
        fixed (byte* first = resident) Assert.Equal(0, Count(map, bytes, first));
        Assert.Equal(0, Unmap(map, bytes));
        return resident.Count(page => (page & 1) != 0);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mincore", SetLastError = true)]
    private static partial int Count(nint address, nuint length, byte* resident);
}
