using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Devices.Cuda;

namespace DistZO.Cli.Benchmarks.Gpu;

/// <summary>What a GPU and its host link reach, measured; a second.</summary>
/// <param name="Copied">Bytes read and written by copies in its memory.</param>
/// <param name="Product">Operations of cuBLASLt in float16.</param>
/// <param name="Perturbed">Weights seen by both probes.</param>
/// <param name="Folded">Weights that take a commit.</param>
/// <param name="Up">Bytes from pinned host memory.</param>
/// <param name="Down">Bytes back.</param>
/// <param name="Free">Bytes of its memory, not a rate.</param>
/// <param name="Instructions">Instructions of its lanes.</param>
/// <param name="Capability">Its compute capability, no rate either.</param>
internal sealed record GpuRates(double Copied, double Product, double Perturbed, double Folded, double Up, double Down, long Free, double Instructions, int Capability)
{
    /// <summary>Bytes of a float16 weight that is read once and written for both probes, or read and written.</summary>
    private const int PerturbedBytes = 6, FoldedBytes = 4;

    /// <summary>Instructions for an element, as NVRTC 11.8 compiles the kernels for compute capability 9.0 (perturb.cu, fold.cu).</summary>
    private const double PerturbInstructions = 52, FoldInstructions = 62;

    public static GpuRates Measure(CudaDevice device)
    {
        var limits = new GpuLimits(device);
        var free = device.FreeMemory!.Value;
        var side = free > 8L << 30 ? 4096 : 256;
        var host = CopyRates.Host(0);
        return new GpuRates(
            limits.CopyBytes(Math.Min(1L << 30, free / 8)),
            limits.ProductOperations(side, side, side, WeightType.Float16),
            limits.Perturbed(side, side, WeightType.Float16),
            limits.Folded(side * 4, side * 4, WeightType.Float16),
            host.Up,
            host.Down,
            free,
            device.InstructionRate,
            device.Capability);
    }

    /// <summary>What a run plans with on it.</summary>
    public DeviceProfile Profile(string name, double product) => new()
    {
        Name = name,
        Capability = Capability,
        HalfRate = product,
        SingleRate = product,
        MemoryRate = Copied,
        ZRate = Folded,
        Memory = Free,
        UploadRate = Up,
        DownloadRate = Down,
        FabricRate = DevicePresets.Find("h100").FabricRate,
    };

    /// <summary>As a row.</summary>
    public BenchmarkResult Row(string device)
    {
        var row = new BenchmarkResult("gpu")
            .With("device", device)
            .With("copy_bytes_per_second", Copied, 0)
            .With("product_flops", Product, 0)
            .With("perturbed_per_second", Perturbed, 0)
            .With("folded_per_second", Folded, 0)
            .With("upload_bytes_per_second", Up, 0)
            .With("download_bytes_per_second", Down, 0)
            .Say($"{device}: copies {Copied / 1e9:0} GB/s within its memory, {Up / 1e9:0.0} GB/s from pinned host memory, {Down / 1e9:0.0} back")
            .Say($"cuBLASLt {Product / 1e12:0.0} TFLOP/s in float16; perturbs {Perturbed / 1e9:0.0} G weights/s for both probes, folds {Folded / 1e9:0.0} G/s");
        Share("perturb", Perturbed, PerturbedBytes, PerturbInstructions);
        Share("fold", Folded, FoldedBytes, FoldInstructions);
        return row;

        void Share(string what, double rate, int bytes, double instructions)
        {
            var (memory, lanes) = (Copied / bytes, Instructions / instructions);
            var binds = memory < lanes ? "memory" : "instructions";
            row.With($"{what}_bound_by", binds).AtLeast(
                $"{what}_ratio", rate / Math.Min(memory, lanes), 0.8, $"{what}: of {Math.Min(memory, lanes) / 1e9:0.0} G/s, bound by {binds} ({instructions} an element)");
        }
    }
}
