using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Native;

/// <summary>A library that is loaded at run time.</summary>
/// <param name="Key">The name that the imports use.</param>
/// <param name="Files">File names that it goes by, the newest version first.</param>
/// <param name="Package">What to install to have it.</param>
internal sealed record NativeLibraryName(string Key, IReadOnlyList<string> Files, string Package);

/// <summary>
/// Finds the CUDA libraries when they are first called. They are looked for in the folders of DISTZO_CUDA_PATH (colon-separated), then where
/// the system's loader looks, then where CUDA is usually installed.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>Names more folders to search, and the first.</summary>
    public const string PathVariable = "DISTZO_CUDA_PATH";

    public static NativeLibraryName Driver { get; } = new(CudaDriver.Library, ["libcuda.so.1"], "the NVIDIA driver (in a container: start it with --gpus, or the NVIDIA runtime)");

    public static NativeLibraryName Compiler { get; } = new(
        Nvrtc.Library, ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"], "the CUDA toolkit (package cuda-nvrtc-12-x, or Debian's libnvrtc11.2), version 11.2 or later");

    public static NativeLibraryName Matrices { get; } = new(
        CublasLt.Library, ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11"], "the CUDA toolkit (package libcublas-12-x, or Debian's libcublaslt11), version 11.2 or later");

    public static NativeLibraryName Collectives { get; } = new(Nccl.Library, ["libnccl.so.2"], "NCCL (package libnccl2)");

    private static readonly string[] UsualFolders =
    [
        "/usr/local/cuda/lib64", "/usr/local/cuda/targets/x86_64-linux/lib", "/usr/local/cuda/targets/sbsa-linux/lib", "/usr/local/nvidia/lib64",
        "/usr/lib/wsl/lib", "/opt/cuda/lib64",
    ];

    private static readonly Dictionary<string, (nint Handle, string Path)> Loaded = [];
    private static readonly Lock Gate = new();

    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, (name, _, _) => Find(name));

    /// <summary>The file that a library was loaded from, as it was named; null if it cannot be found.</summary>
    public static string? Locate(NativeLibraryName library) => Load(library) == 0 ? null : Loaded[library.Key].Path;

    /// <summary>Says what is missing, where it was looked for and what to install, unless the library is there.</summary>
    /// <param name="library">Which.</param>
    /// <param name="without">What the user can do without it.</param>
    /// <exception cref="BadInputException">It is not.</exception>
    public static void Require(NativeLibraryName library, string without = "use --device cpu")
    {
        if (Load(library) != 0) return;
        throw new BadInputException(
            $"the library {string.Join(" or ", library.Files)} was not found ({PathVariable}, the system's library path, {string.Join(", ", UsualFolders)}); "
            + $"install {library.Package}, name its folder in {PathVariable}, or {without}");
    }

    /// <summary>A version as cuBLASLt and NCCL write it: 120304 is 12.3.4.</summary>
    public static string Dotted(int version) => $"{version / 10000}.{version / 100 % 100}.{version % 100}";

    private static nint Find(string name)
    {
        foreach (var library in (NativeLibraryName[])[Driver, Compiler, Matrices, Collectives])
        {
            if (library.Key == name) return Load(library);
        }

        return 0;
    }

    private static nint Load(NativeLibraryName library)
    {
        lock (Gate)
        {
            if (Loaded.TryGetValue(library.Key, out var found)) return found.Handle;
            foreach (var path in Candidates(library))
            {
                if (!NativeLibrary.TryLoad(path, out var handle)) continue;
                Loaded[library.Key] = (handle, path);
                return handle;
            }

            return 0;
        }
    }

    private static IEnumerable<string> Candidates(NativeLibraryName library)
    {
        var named = (Environment.GetEnvironmentVariable(PathVariable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var folder in named)
        {
            foreach (var file in library.Files) yield return Path.Combine(folder, file);
        }

        foreach (var file in library.Files)
        {
            yield return file;
            foreach (var folder in UsualFolders) yield return Path.Combine(folder, file);
        }
    }
}
