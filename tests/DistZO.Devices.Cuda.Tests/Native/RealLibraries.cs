using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Tests.Native;

/// <summary>
/// NVIDIA's own libraries, where this machine has them: where packages put them, or in a folder that DISTZO_REAL_CUDA names (what Debian's packages
/// libcublaslt11, libcuda1 and libnvrtc11.2 hold will do). They are loaded by their paths, since the emulated ones go by the same names.
/// </summary>
internal static class RealLibraries
{
    private static readonly string[] UsualFolders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/nvidia/current", "/usr/local/cuda/lib64", "/usr/local/nvidia/lib64"];

    /// <summary>Loads the first of some files; skips the test if there is none, unless DISTZO_REQUIRE_CUDA wants them.</summary>
    public static nint Find(string files)
    {
        var folders = (Environment.GetEnvironmentVariable("DISTZO_REAL_CUDA") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var file in files.Split(' '))
        {
            foreach (var path in folders.Concat(UsualFolders).Select(folder => Path.Combine(folder, file)))
            {
                if (NativeLibrary.TryLoad(path, out var handle)) return handle;
            }
        }

        Assert.False(Environment.GetEnvironmentVariable("DISTZO_REQUIRE_CUDA") == "1", $"DISTZO_REQUIRE_CUDA is set, and {files} is not here");
        Skip.If(true, $"{files} is not installed; Debian's non-free packages libcublaslt11, libcuda1 and libnvrtc11.2 have such libraries");
        return 0;
    }
}
