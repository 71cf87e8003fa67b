using DistZO.Devices;

namespace DistZO.Cli.Planning;

/// <summary>
/// Known GPUs by name, from their data sheets. A data sheet says what is never reached, so a part of it is counted on; a measured figure
/// on the command line is better.
/// </summary>
internal static class DevicePresets
{
    /// <summary>Of the products' peak. Narayanan et al. (arXiv 2104.04473, table 1) reach 163 of an A100's 312 TFLOP/s over whole steps.</summary>
    private const double ComputeShare = 0.5;

    /// <summary>Of a link's or a memory's peak: what large copies reach.</summary>
    private const double LinkShare = 0.8;

    /// <summary>Of the memory: the rest is the driver's, the libraries' and lost between allocations.</summary>
    private const double MemoryShare = 0.95;

    /// <summary>
    /// Instructions for one element of z and its use, an estimate until there is a device to measure: a quarter of ten Philox rounds, half of
    /// Box–Muller's polynomials and square root, conversions, additions. One FP32 lane does one a cycle, so half of its peak FLOP/s.
    /// </summary>
    private const double InstructionsPerElement = 60;

    private static readonly Dictionary<string, DeviceProfile> Known = new()
    {
        // NVIDIA V100 SXM2 data sheet (2020): 32 GB at 900 GB/s, NVLink 300 GB/s and PCIe 3.0 x16 32 GB/s, both directions together.
        ["v100-32gb"] = Gpu("NVIDIA V100 32GB SXM2", capability: 70, half: 125, single: 15.7, gigabytes: 32, memory: 900, link: 16, fabric: 150),
        // NVIDIA A100 80GB data sheet (2021): SXM 2,039 GB/s, NVLink 600 GB/s, PCIe 4.0 x16 64 GB/s, both directions together.
        ["a100-80gb"] = Gpu("NVIDIA A100 80GB SXM", capability: 80, half: 312, single: 19.5, gigabytes: 80, memory: 2039, link: 32, fabric: 300),
        // The same: PCIe 1,935 GB/s; two cards by an NVLink bridge, more over PCIe only.
        ["a100-80gb-pcie"] = Gpu("NVIDIA A100 80GB PCIe", capability: 80, half: 312, single: 19.5, gigabytes: 80, memory: 1935, link: 32, fabric: null),
        // NVIDIA H100 data sheet (2023), SXM, dense: 3.35 TB/s, NVLink 900 GB/s, PCIe 5.0 x16 128 GB/s, both directions together.
        ["h100"] = Gpu("NVIDIA H100 80GB SXM", capability: 90, half: 989, single: 67, gigabytes: 80, memory: 3350, link: 64, fabric: 450),
        // NVIDIA H200 data sheet (2023), SXM, dense: 141 GB at 4.8 TB/s, links as H100's.
        ["h200"] = Gpu("NVIDIA H200 141GB SXM", capability: 90, half: 989, single: 67, gigabytes: 141, memory: 4800, link: 64, fabric: 450),
        // NVIDIA Ada GPU architecture whitepaper (2023), appendix A: FP16 products summed in FP32, dense; 1,008 GB/s; PCIe 4.0 x16, no NVLink.
        ["rtx-4090"] = Gpu("NVIDIA GeForce RTX 4090", capability: 89, half: 165.2, single: 82.6, gigabytes: 24, memory: 1008, link: 32, fabric: null),
    };

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>A device by name.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public static DeviceProfile Find(string name) => Known.TryGetValue(name, out var device)
        ? device
        : throw new BadInputException(
            $"--device: there is no device '{name}'; choose one of {string.Join(", ", Names)}, or measure this machine's CPU with --measure");

    private static DeviceProfile Gpu(string name, int capability, double half, double single, int gigabytes, double memory, double link, double? fabric) => new()
    {
        Name = name,
        Capability = capability,
        HalfRate = half * 1e12 * ComputeShare,
        SingleRate = single * 1e12 * ComputeShare,
        MemoryRate = memory * 1e9 * LinkShare,
        ZRate = single * 1e12 / 2 / InstructionsPerElement,
        Memory = (long)(gigabytes * 1e9 * MemoryShare),
        UploadRate = link * 1e9 * LinkShare,
        DownloadRate = link * 1e9 * LinkShare,
        FabricRate = fabric * 1e9 * LinkShare,
    };
}
