using System.ComponentModel;
using System.Diagnostics;

namespace DistZO.Cli.Tests.Commands;

/// <summary>A small file system in memory, mounted on a folder while this lives. That takes root; without, the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    public SmallDisk(string folder, string size)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        var mounted = Command("mount", "-t", "tmpfs", "-o", $"size={size}", "distzo-test", folder);
        Skip.IfNot(mounted, "a small file system cannot be mounted here (it takes root)");
    }

    public void Resize(string size) => Assert.True(Command("mount", "-o", $"remount,size={size}", _folder));

    public void Dispose() => Assert.True(Command("umount", _folder));

    private static bool Command(string name, params string[] args)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, args) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
