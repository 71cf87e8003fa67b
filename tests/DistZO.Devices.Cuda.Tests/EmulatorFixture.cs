using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace DistZO.Devices.Cuda.Tests;

/// <summary>Tests that share the emulated driver, one after the other: its options and its counts are the process's.</summary>
[CollectionDefinition(Name)]
public sealed class EmulatorCollection : ICollectionFixture<EmulatorFixture>
{
    public const string Name = "emulator";
}

/// <summary>
/// The emulated CUDA libraries, built by g++ when they are first needed and kept by the digest of their sources; where there is no g++, what needs
/// them is skipped. From here on the process finds them where it looks for CUDA.
/// </summary>
public sealed unsafe class EmulatorFixture
{
    private static readonly string[] Kinds = ["contexts", "streams", "events", "modules", "allocations", "pinned", "registered", "pools"];

    private readonly string? _missing;
    private readonly nint _driver;

    public EmulatorFixture()
    {
        try
        {
            Folder = Build();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            _missing = "g++ is not installed, which the emulated GPU is built with";
            return;
        }

        Environment.SetEnvironmentVariable("DISTZO_CUDA_PATH", Folder);
        Environment.SetEnvironmentVariable("DISTZO_CACHE", Path.Combine(Folder, "cache"));
        _driver = NativeLibrary.Load(Path.Combine(Folder, "libcuda.so.1"));
    }

    /// <summary>Where the libraries lie.</summary>
    public string Folder { get; } = "";

    /// <summary>Skips the test where the emulator cannot be built.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

    /// <summary>How many of each kind of object the driver holds.</summary>
    public string Live()
    {
        var live = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(_driver, "distzo_emulator_live");
        return string.Join(", ", Kinds.Select((kind, i) => $"{live(i)} {kind}"));
    }

    /// <summary>Sets one of the emulator's options: DISTZO_EMULATOR_DEVICES, _MEMORY, _CAPABILITY, _DELAY. Null: the default.</summary>
    public void Set(string option, string? value)
    {
        var set = (delegate* unmanaged<byte*, byte*, void>)NativeLibrary.GetExport(_driver, "distzo_emulator_set");
        fixed (byte* name = Encoding.UTF8.GetBytes(option + '\0'))
        fixed (byte* text = value is null ? null : Encoding.UTF8.GetBytes(value + '\0')) set(name, text);
    }

    /// <summary>The error of an operation that failed, which the driver then forgets; 0 if none did.</summary>
    public int TakeError() => ((delegate* unmanaged<int>)NativeLibrary.GetExport(_driver, "distzo_emulator_take_error"))();

    private static string Build()
    {
        var sources = Path.Combine(Fixtures.Repository, "tests", "DistZO.Devices.Cuda.Tests", "Emulator");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) hash.AppendData(File.ReadAllBytes(file));
        var folder = Path.Combine(Path.GetTempPath(), $"distzo-emulator-{Environment.UserName}-{Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}");
        if (Directory.Exists(folder)) return folder;
        var own = $"{folder}.{Environment.ProcessId}";
        Run("g++", "--version");
        Run("/bin/sh", Path.Combine(sources, "build.sh"), own);
        try
        {
            Directory.Move(own, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process was faster.
            Directory.Delete(own, recursive: true);
        }

        return folder;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {errors}{output.Result}");
    }
}
