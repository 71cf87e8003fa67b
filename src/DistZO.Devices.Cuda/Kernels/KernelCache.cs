using System.Security.Cryptography;
using System.Text;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Compiled kernels on disk, by the digest of all that they depend on. The folder is DISTZO_CACHE, or distzo in the user's cache folder
/// (XDG_CACHE_HOME); one that cannot be written costs a compilation at each start.
/// </summary>
internal static class KernelCache
{
    /// <summary>Names another folder.</summary>
    public const string FolderVariable = "DISTZO_CACHE";

    /// <summary>The image of a program for a GPU, compiled if it has to be.</summary>
    /// <param name="name">One of <see cref="KernelSources.Programs"/>.</param>
    /// <param name="capability">Of the GPU: 90 for 9.0.</param>
    /// <param name="anew">Whether to compile even if there is one.</param>
    public static byte[] Get(string name, int capability, bool anew)
    {
        var path = Path.Combine(Folder, $"{Path.GetFileNameWithoutExtension(name)}-sm{capability}-{Digest(name, capability)}.cubin");
        if (!anew && File.Exists(path)) return File.ReadAllBytes(path);
        var (image, _) = KernelCompiler.Compile(name, capability);
        try
        {
            Directory.CreateDirectory(Folder);
            var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}";
            File.WriteAllBytes(temporary, image);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start compiles again.
        }

        return image;
    }

    private static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named) return Path.Combine(named, "kernels");
            var user = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(user, "distzo", "kernels");
        }
    }

    private static string Digest(string name, int capability)
    {
        IEnumerable<string> all =
        [
            KernelCompiler.Version, NativeLibraries.Locate(NativeLibraries.Compiler)!, .. KernelCompiler.OptionsFor(capability), KernelSources.Read(name),
            .. KernelSources.Headers.SelectMany(header => (string[])[header, KernelSources.Read(header)]),
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', all))))[..32];
    }
}
