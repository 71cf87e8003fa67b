using DistZO.Cli.Benchmarks;
using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Runs;

namespace DistZO.Cli.Planning;

/// <summary>Measures what this machine's CPU device and its disk reach, in some seconds.</summary>
internal static class Calibration
{
    private const int MostRows = 1024;
    private const int CopyBytes = 256 << 20;
    private const int DiskCalls = 8;
    private const long DiskBytes = (long)DiskCalls * StoredBlock.BytesPerCall;

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
            Memory = MachineResources.Read(folder).AvailableMemory
                ?? throw new RunFailedException("this machine does not say how much memory it has; plan with --device and rates"),
            UploadRate = copy,
            DownloadRate = copy,
            FabricRate = copy,
            Disk = DiskRates(folder),
        };
    }

    /// <summary>Bytes a second that one thread copies in memory, as a stream does.</summary>
    private static double CopyRate()
    {
        var (from, to) = (GC.AllocateUninitializedArray<byte>(CopyBytes), GC.AllocateUninitializedArray<byte>(CopyBytes));
        return CopyBytes / Timing.Of(() => from.CopyTo(to, 0), warmSeconds: 0.2).Seconds;
    }

    /// <summary>A layer that is read and written as a run does it.</summary>
    private static DiskModel DiskRates(string folder)
    {
        var path = Path.Combine(folder, $".distzo-measure-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(path);
            return DiskRatesIn(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"the disk of '{folder}' cannot be measured ({e.Message.TrimEnd('.')}); name another folder with --disk-directory", e);
        }
        finally
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
    }

    private static DiskModel DiskRatesIn(string path)
    {
        var weights = new Parameter("weights", [DiskBytes / sizeof(float)], TensorRole.Matrix, 0, trainable: true, WeightType.Float32);
        var layout = new BlockLayout("layer", [weights]);
        using var directory = BlockDirectory.Open(path, [layout], new BlockDirectoryOptions(new byte[32], _ => true, _ => { }));
        using var buffer = new AlignedBuffer(StoredBlock.BytesPerCall);
        // Nothing that a disk could compress.
        new Random(0).NextBytes(buffer.Span);
        var block = directory.Blocks[0];
        var step = 0;

        void Read()
        {
            for (var call = 0; call < DiskCalls; call++) block.Read((long)call * StoredBlock.BytesPerCall, buffer.Span);
        }

        void Write()
        {
            for (var call = 0; call < DiskCalls; call++) block.Write((long)call * StoredBlock.BytesPerCall, buffer.Span);
            block.Commit(new StoredVersion(++step, 0));
        }

        // The first write of each of the two versions makes the file longer, which a run does once.
        Write();
        Write();
        var timings = Timing.Of([Read, Write], warmSeconds: 0, repeats: 3);
        return new DiskModel(DiskBytes / timings[0].Seconds, DiskBytes / timings[1].Seconds);
    }
}
