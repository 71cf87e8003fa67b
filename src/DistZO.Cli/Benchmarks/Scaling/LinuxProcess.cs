using System.Diagnostics;
using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Cli.Benchmarks;

/// <summary>What only Linux lets one do with a process: start it on one core, stop it for a moment.</summary>
internal static partial class LinuxProcess
{
    private const int Continue = 18, Stop = 19;

    /// <summary>The cores that this process may use, lowest first.</summary>
    public static int[] Cores()
    {
        using var self = Process.GetCurrentProcess();
        var mask = (long)self.ProcessorAffinity;
        return [.. Enumerable.Range(0, 64).Where(core => (mask >> core & 1) != 0)];
    }

    /// <summary>Starts a process all of whose threads stay on one core.</summary>
    public static Process StartOn(int core, ProcessStartInfo start)
    {
        // A new process inherits the cores of the thread that starts it.
        Process? process = null;
        Exception? problem = null;
        var thread = new Thread(() =>
        {
            var mask = 1UL << core;
            try
            {
                if (SetAffinity(0, sizeof(ulong), ref mask) != 0)
                    throw new RunFailedException($"core {core} cannot be had (error {Marshal.GetLastPInvokeError()})");
                process = Process.Start(start);
            }
            catch (Exception e)
            {
                problem = e;
            }
        });
        thread.Start();
        thread.Join();
        return process ?? throw new RunFailedException($"a worker cannot be started: {problem?.Message}", problem!);
    }

    /// <summary>Stops a process, or lets it go on.</summary>
    public static void SetRunning(Process process, bool running) => Kill(process.Id, running ? Continue : Stop);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint size, ref ulong mask);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
