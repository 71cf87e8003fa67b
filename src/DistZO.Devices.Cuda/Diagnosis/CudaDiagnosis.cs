using System.Text;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>A library that is loaded at run time, as it was found.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Path">Where it was loaded from, as it was named; null if it is missing.</param>
/// <param name="Version">Its version; null if it is missing or does not say.</param>
/// <param name="Needed">What to install if it is missing.</param>
public sealed record FoundLibrary(string Name, string? Path, string? Version, string Needed);

/// <summary>A GPU as the driver describes it.</summary>
/// <param name="Ordinal">Its number.</param>
/// <param name="Name">As NVIDIA calls it.</param>
/// <param name="Capability">Compute capability: 90 for 9.0.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Processors">Streaming multiprocessors.</param>
/// <param name="BusId">Its place on the PCI bus, as sysfs writes it.</param>
public sealed record FoundGpu(int Ordinal, string Name, int Capability, long MemoryBytes, int Processors, string BusId);

/// <summary>Whether a GPU reaches another's memory.</summary>
/// <param name="From">The one that reads.</param>
/// <param name="To">Whose memory it is.</param>
/// <param name="CanAccess">Whether it does.</param>
/// <param name="Rank">The driver's order of links: the lower, the faster.</param>
/// <param name="HasAtomics">Whether atomic operations go over the link as they are: NVLink has them, PCIe has not.</param>
public sealed record FoundPeer(int From, int To, bool CanAccess, int Rank, bool HasAtomics)
{
    /// <summary>For people.</summary>
    public string Link => !CanAccess ? "through host memory" : $"direct, {(HasAtomics ? "NVLink" : "PCIe")}, rank {Rank} of the driver's order";
}

/// <summary>What of CUDA this machine has.</summary>
/// <param name="DriverVersion">The CUDA version that the driver supports: 13000 for 13.0; null without a driver that starts.</param>
/// <param name="DriverProblem">Why the driver does not start; null if it does, or is missing.</param>
/// <param name="Libraries">Found and missing.</param>
/// <param name="Gpus">In the driver's order.</param>
/// <param name="Peers">Of every pair.</param>
public sealed record CudaDiagnosis(
    int? DriverVersion, string? DriverProblem, IReadOnlyList<FoundLibrary> Libraries, IReadOnlyList<FoundGpu> Gpus, IReadOnlyList<FoundPeer> Peers)
{
    // CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK and CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED.
    private const int PerformanceRank = 1;
    private const int NativeAtomics = 3;
    private const int ProcessorsAttribute = 16;
    private const int MajorAttribute = 75;
    private const int MinorAttribute = 76;

    /// <summary>Looks. Never throws for what is missing.</summary>
    public static CudaDiagnosis Read()
    {
        var (version, problem) = Driver();
        var gpus = version is null ? [] : Enumerable.Range(0, CudaContext.Count).Select(Gpu).ToList();
        return new CudaDiagnosis(version, problem, Found(version), gpus, Reach(gpus.Count));
    }

    private static (int? Version, string? Problem) Driver()
    {
        if (NativeLibraries.Locate(NativeLibraries.Driver) is null) return (null, null);
        var code = CudaDriver.cuInit(0);
        if (code != CudaDriver.Success) return (null, Check.Failed(code, "start").Message);
        Check.Driver(CudaDriver.cuDriverGetVersion(out var version), "tell the driver's version");
        return (version, null);
    }

    private static List<FoundLibrary> Found(int? driver)
    {
        return
        [
            Of("CUDA driver", NativeLibraries.Driver, () => driver is { } version ? $"CUDA {version / 1000}.{version % 1000 / 10}" : null),
            Of("NVRTC", NativeLibraries.Compiler, () => KernelCompiler.Version),
            Of("cuBLASLt", NativeLibraries.Matrices, () => NativeLibraries.Dotted((int)CublasLt.cublasLtGetVersion())),
            Of("NCCL", NativeLibraries.Collectives, () => NcclCollective.Version),
        ];

        static FoundLibrary Of(string name, NativeLibraryName library, Func<string?> version)
        {
            var path = NativeLibraries.Locate(library);
            return new FoundLibrary(name, path, path is null ? null : version(), library.Package);
        }
    }

    private static unsafe FoundGpu Gpu(int ordinal)
    {
        Check.Driver(CudaDriver.cuDeviceGet(out var device, ordinal), "open a GPU");
        Check.Driver(CudaDriver.cuDeviceTotalMem_v2(out var bytes, device), "tell its memory");
        var bus = stackalloc byte[32];
        Check.Driver(CudaDriver.cuDeviceGetPCIBusId(bus, 32, device), "tell its bus");
        var id = Encoding.ASCII.GetString(bus, new ReadOnlySpan<byte>(bus, 32).IndexOf((byte)0)).ToLowerInvariant();
        return new FoundGpu(ordinal, CudaContext.NameOf(device), (Attribute(MajorAttribute) * 10) + Attribute(MinorAttribute), (long)bytes, Attribute(ProcessorsAttribute), id);

        int Attribute(int attribute)
        {
            Check.Driver(CudaDriver.cuDeviceGetAttribute(out var value, attribute, device), "tell an attribute");
            return value;
        }
    }

    private static List<FoundPeer> Reach(int count)
    {
        List<FoundPeer> peers = [];
        for (var from = 0; from < count; from++)
        {
            for (var to = 0; to < count; to++)
            {
                if (from == to) continue;
                Check.Driver(CudaDriver.cuDeviceCanAccessPeer(out var can, new CUdevice(from), new CUdevice(to)), "tell whether GPUs reach each other");
                peers.Add(new FoundPeer(from, to, can != 0, Attribute(PerformanceRank, from, to), Attribute(NativeAtomics, from, to) != 0));
            }
        }

        return peers;

        static int Attribute(int attribute, int from, int to)
        {
            Check.Driver(CudaDriver.cuDeviceGetP2PAttribute(out var value, attribute, new CUdevice(from), new CUdevice(to)), "tell how GPUs reach each other");
            return value;
        }
    }
}
