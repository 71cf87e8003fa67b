using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Tests.Native;

/// <summary>
/// NVIDIA's own libraries, where this machine has them: in the loader's path, or in a folder that DISTZO_REAL_CUDA names (what Debian's packages
/// libcublaslt11, libcuda1 and libnvrtc11.2 hold will do).
/// </summary>
internal static class RealLibraries
{
    /// <summary>Loads the first of some files; skips the test if there is none, unless DISTZO_REQUIRE_CUDA wants them.</summary>
    public static nint Find(string files)
    {
        var folders = (Environment.GetEnvironmentVariable("DISTZO_REAL_CUDA") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var file in files.Split(' '))
        {
            foreach (var path in folders.Select(folder => Path.Combine(folder, file)).Append(file))
            {
                if (NativeLibrary.TryLoad(path, out var handle)) return handle;
            }
        }

        Assert.False(Environment.GetEnvironmentVariable("DISTZO_REQUIRE_CUDA") == "1", $"DISTZO_REQUIRE_CUDA is set, and {files} is not here");
        Skip.If(true, $"{files} is not installed; Debian's non-free packages libcublaslt11, libcuda1 and libnvrtc11.2 have such libraries");
        return 0;
    }
}
