using System.Diagnostics;

namespace DistZO.Devices.Tests;

/// <summary>Blocks on small file systems of their own, which a child process mounts where nobody else sees them.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [SkippableFact]
    public void Open_DiskTooSmall_SaysWhatIsNeededAndFreeAndLeavesNothing()
    {
        var lines = RunOn("tmpfs", "size=1m", "too-small");

        Assert.Matches(
            $"^refused: the blocks in '{_folder.Root}' need 2,[0-9]{{3}},[0-9]{{3}} bytes more, "
                + "and 1,0[0-9]{2},[0-9]{3} are free there; free space, or choose",
            lines[0]);
        Assert.Equal("left: blocks.lock", lines[1]);
    }

    [SkippableFact]
    public void Write_DiskFillsUpInAStep_FailsByNameAndTheNextStartGoesOn()
    {
        var lines = RunOn("tmpfs", "size=2m", "fills-up");

        Assert.Equal($"taken: {(3 + 2 * 128) * 4096}", lines[0]);
        Assert.Matches(
            $"^failed: cannot write '{_folder.Root}/00000-block.distzo-block' "
                + "\\(.*\\); it needs [0-9,]+ bytes there at byte [0-9,]+; free space or check the disk, .* no step is lost",
            lines[1]);
        Assert.Equal("goes on from step 2", lines[2]);
    }

    [SkippableFact]
    public void Open_FileSystemWithoutDirectAccess_SaysSoOnceAndWorks()
    {
        var lines = RunOn("ramfs", "size=8m", "not-direct");

        Assert.StartsWith($"notice: direct I/O is not supported by the file system of '{_folder.Root}'", lines[0], StringComparison.Ordinal);
        Assert.Equal("goes on from step 1", lines[1]);
        Assert.Equal(2, lines.Length);
    }

    public void Dispose() => _folder.Dispose();

    private string[] RunOn(string type, string options, string scenario)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/unshare"), "mounting a small file system takes Linux's unshare");
        var host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        var script = $"mount -t {type} -o {options} none '{_folder.Root}' || exit 77; "
            + $"exec '{host}' exec '{typeof(FullDiskTests).Assembly.Location}' blocks {scenario} '{_folder.Root}'";
        var start = new ProcessStartInfo("unshare", ["--mount", "--map-root-user", "sh", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var isRefused = process.ExitCode == 77 || errors.Result.Contains("unshare:", StringComparison.Ordinal);
        Skip.If(isRefused, $"no {type} can be mounted here: {errors.Result.Trim()}");
        Assert.True(process.ExitCode == 0, $"The child process failed with {process.ExitCode}: {errors.Result}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
