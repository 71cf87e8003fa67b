using System.Diagnostics;

namespace DistZO.Cli.Benchmarks;

/// <summary>What this process holds of the machine's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>The most that was resident since the process started, in bytes.</summary>
    public static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
