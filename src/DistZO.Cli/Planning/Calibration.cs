using System.Runtime.InteropServices;
using DistZO.Cli.Benchmarks;
using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Runs;
using Microsoft.Win32.SafeHandles;

namespace DistZO.Cli.Planning;

/// <summary>Measures what this machine's CPU device and its disk reach, in some seconds.</summary>
internal static partial class Calibration
{
    private const int MostRows = 1024;
    private const int CopyBytes = 256 << 20;
    private const int DiskBytes = 256 << 20;
    private const int ChunkBytes = 16 << 20;
    private const int DontNeed = 4;

    /// <summary>The rates of the CPU device; its memory is what the machine has left.</summary>
    /// <param name="threads">Threads to compute on.</param>
    /// <param name="rows">Tokens that a panel of weights is multiplied by: few are slower.</param>
    /// <param name="folder">On the disk to measure.</param>
    /// <exception cref="RunFailedException">The disk cannot be written.</exception>
    public static DeviceProfile Measure(int threads, int rows, string folder)
    {
        using var device = CpuDevice.Open(threads);
        using var limits = new CpuLimits(threads);
        using var product = new MatrixProduct(device, Math.Clamp(rows, 1, MostRows), 768, 3072);
        product.LayOut();
        long normals = 0;
        var timings = Timing.Of([product.Multiply, () => normals = limits.Perturb()], warmSeconds: 0.3, repeats: 7);
        var compute = product.Operations / timings[0].Seconds;
        var copy = CopyRate();
        return new DeviceProfile
        {
            Name = device.Description,
            // All products are float32 on a CPU, whatever the weights are stored in.
            HalfRate = compute,
            SingleRate = compute,
            ZRate = normals / timings[1].Seconds,
            Memory = MachineResources.Read(folder).AvailableMemory ?? throw new RunFailedException("this machine does not say how much memory it has; give --device-memory and --device"),
            UploadRate = copy,
            DownloadRate = copy,
            FabricRate = copy,
            Disk = DiskRates(folder),
            IsHost = true,
        };
    }

    /// <summary>Bytes a second that one thread copies in memory, as a stream does.</summary>
    private static double CopyRate()
    {
        var (from, to) = (GC.AllocateUninitializedArray<byte>(CopyBytes), GC.AllocateUninitializedArray<byte>(CopyBytes));
        return CopyBytes / Timing.Of(() => from.CopyTo(to, 0), warmSeconds: 0.2).Seconds;
    }

    private static DiskModel DiskRates(string folder)
    {
        var path = Path.Combine(folder, $".distzo-measure-{Environment.ProcessId}");
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
            var chunk = new byte[ChunkBytes];
            // Nothing that a disk could compress.
            new Random(0).NextBytes(chunk);
            var write = Timing.Of([() => Write(file, chunk)], warmSeconds: 0, repeats: 3)[0];
            var read = Timing.Of([() => Read(file, chunk)], warmSeconds: 0, repeats: 3)[0];
            return new DiskModel(DiskBytes / read.Seconds, DiskBytes / write.Seconds);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"the disk of '{folder}' cannot be measured ({e.Message.TrimEnd('.')}); name another folder with --disk-directory", e);
        }
    }

    private static void Write(SafeFileHandle file, byte[] chunk)
    {
        for (long at = 0; at < DiskBytes; at += ChunkBytes) RandomAccess.Write(file, chunk, at);
        RandomAccess.FlushToDisk(file);
    }

    private static void Read(SafeFileHandle file, byte[] chunk)
    {
        // What is in the page cache would be read from memory.
        if (OperatingSystem.IsLinux()) _ = Advise(file, 0, 0, DontNeed);
        for (long at = 0; at < DiskBytes; at += ChunkBytes) RandomAccess.Read(file, chunk, at);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
