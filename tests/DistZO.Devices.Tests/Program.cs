using System.Runtime.Intrinsics.X86;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Tests;

/// <summary>
/// The child process of <see cref="InstructionSetTests"/>, which says what it runs on and what its kernels compute, and of
/// <see cref="FullDiskTests"/>.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is ["blocks", var scenario, var path]) return SmallDisk.Run(scenario, path);
        if (arguments is not ["fingerprint"]) return 2;
        Console.WriteLine($"tier={SimdSupport.Best}");
        Console.WriteLine($"avx512={Avx512F.IsSupported}");
        Console.WriteLine($"avx2={Avx2.IsSupported}");
        Console.WriteLine($"fma={Fma.IsSupported}");
        Console.WriteLine($"sse2={Sse2.IsSupported}");
        Console.WriteLine($"sha256={KernelFingerprint.Compute()}");
        return 0;
    }
}
