using System.Diagnostics;
using System.Security.Cryptography;

namespace DistZO.Tests;

/// <summary>
/// The libraries of the emulated GPU (tests/DistZO.Devices.Cuda.Tests/Emulator), built by g++ when they are first needed and kept by the digest of
/// their sources.
/// </summary>
internal static class EmulatorBuild
{
    /// <summary>Why there may be none.</summary>
    public const string Missing = "g++ is not installed, which the emulated GPU is built with";

    private static readonly Lazy<string?> Built = new(() =>
    {
        try
        {
            return Build();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    });

    /// <summary>Where they lie; null without g++.</summary>
    public static string? Folder => Built.Value;

    private static string Build()
    {
        var sources = Path.Combine(Fixtures.Repository, "tests", "DistZO.Devices.Cuda.Tests", "Emulator");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) hash.AppendData(File.ReadAllBytes(file));
        var folder = Path.Combine(Path.GetTempPath(), $"distzo-emulator-{Environment.UserName}-{Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}");
        if (Directory.Exists(folder)) return folder;
        var own = $"{folder}.{Environment.ProcessId}";
        Run("g++", "--version");
        Run("/bin/sh", Path.Combine(sources, "build.sh"), own);
        try
        {
            Directory.Move(own, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process was faster.
            Directory.Delete(own, recursive: true);
        }

        return folder;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {errors}{output.Result}");
    }
}
