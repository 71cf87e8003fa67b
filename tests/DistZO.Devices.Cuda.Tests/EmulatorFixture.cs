using System.Runtime.InteropServices;
using System.Text;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda.Tests;

/// <summary>Tests that share the emulated driver, one after the other: its options and its counts are the process's.</summary>
[CollectionDefinition(Name)]
public sealed class EmulatorCollection : ICollectionFixture<EmulatorFixture>
{
    public const string Name = "emulator";
}

/// <summary>
/// The emulated CUDA libraries; where there is no g++, what needs them is skipped. From here on the process finds them where it looks for CUDA,
/// unless DISTZO_REQUIRE_CUDA=1 wants the tests of the device to run on a real one (<c>make test-gpu</c>).
/// </summary>
public sealed unsafe class EmulatorFixture
{
    private static readonly string[] Kinds = ["contexts", "streams", "events", "modules", "allocations", "pinned", "registered", "pools"];

    private readonly string? _missing;
    private readonly nint _driver;
    private readonly bool _isReal;

    public EmulatorFixture()
    {
        if (Environment.GetEnvironmentVariable("DISTZO_REQUIRE_CUDA") == "1")
        {
            _missing = "DISTZO_REQUIRE_CUDA is set: this one is of the emulated GPU";
            _isReal = true;
            return;
        }

        if (EmulatorBuild.Folder is not { } folder)
        {
            _missing = EmulatorBuild.Missing;
            return;
        }

        Folder = folder;
        Environment.SetEnvironmentVariable("DISTZO_CUDA_PATH", Folder);
        Environment.SetEnvironmentVariable("DISTZO_CACHE", Path.Combine(Folder, "cache"));
        _driver = NativeLibrary.Load(Path.Combine(Folder, "libcuda.so.1"));
    }

    /// <summary>The driver that <see cref="RequireAny"/> leads to.</summary>
    public string Driver => _isReal ? NativeLibraries.Locate(NativeLibraries.Driver)! : Path.Combine(Folder, "libcuda.so.1");

    /// <summary>Its compiler.</summary>
    public string Compiler => _isReal ? NativeLibraries.Locate(NativeLibraries.Compiler)! : Path.Combine(Folder, "libnvrtc.so.11.2");

    /// <summary>What its kernels are compiled for.</summary>
    public string Capability => _isReal ? $"sm_{CudaDiagnosis.Read().Gpus[0].Capability}" : "sm_90";

    /// <summary>Where the libraries lie.</summary>
    public string Folder { get; } = "";

    /// <summary>Skips the test where the emulator cannot be built.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

    /// <summary>As <see cref="Require"/>, for tests that run on a real GPU too.</summary>
    public void RequireAny()
    {
        if (!_isReal) Require();
        else Assert.True(CudaDevice.Count > 0, "DISTZO_REQUIRE_CUDA is set, and there is no GPU: see 'distzo doctor'");
    }

    /// <summary>Streams of the emulated GPU start their operations late, as chance wants it; null for at once.</summary>
    public void Delay(int? seed)
    {
        if (!_isReal) Set("DISTZO_EMULATOR_DELAY", seed?.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

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
    public int TakeError() => _isReal ? 0 : ((delegate* unmanaged<int>)NativeLibrary.GetExport(_driver, "distzo_emulator_take_error"))();
}
