using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>Every kernel under NVIDIA's own compiler, for GPUs from Volta to Hopper; skipped where NVRTC is not installed.</summary>
public sealed partial class CompilationTests(ITestOutputHelper output)
{
    /// <summary>Registers of a thread with which two blocks of 128 fit a multiprocessor's 65536.</summary>
    private const int MostRegisters = 255;

    public static TheoryData<string, int> Programs()
    {
        var data = new TheoryData<string, int>();
        foreach (var program in RuntimeCompiler.Programs)
        {
            foreach (var capability in (int[])[70, 80, 90]) data.Add(program, capability);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Programs))]
    public void Program_CompilesWithoutLocalMemory(string program, int capability)
    {
        var (code, image, log) = new RuntimeCompiler(Require()).Compile(program, $"sm_{capability}", "--ptxas-options=-v");
        Assert.True(code == 0, log);
        output.WriteLine(log);
        Assert.DoesNotContain("warning", log, StringComparison.Ordinal);
        // "\x7FELF": code for one GPU, not text.
        Assert.Equal(0x464C457Fu, MemoryMarshal.Read<uint>(image));
        var frames = Frames().Matches(log);
        var registers = Registers().Matches(log);
        Assert.Equal(registers.Count, frames.Count);
        // Kernels of matrix units exist from 8.0 on.
        Assert.Equal(program == "attention_mma" && capability < 80, frames.Count == 0);
        Assert.All(frames, frame => Assert.Equal("0 0 0", $"{frame.Groups[1]} {frame.Groups[2]} {frame.Groups[3]}"));
        Assert.All(registers, used => Assert.InRange(int.Parse(used.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 1, MostRegisters));
    }

    private static nint Require()
    {
        foreach (var name in (string[])["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"])
        {
            // By a plain name the loader takes the system's; an emulated one was loaded by its path, under the same name.
            if (NativeLibrary.TryLoad(name, out var library) && IsReal(library)) return library;
            if (NativeLibrary.TryLoad($"/usr/lib/{Machine}-linux-gnu/{name}", out library) && IsReal(library)) return library;
        }

        Assert.False(Environment.GetEnvironmentVariable("DISTZO_REQUIRE_CUDA") == "1", "DISTZO_REQUIRE_CUDA is set, and NVRTC is not here");
        Skip.If(true, "NVRTC is not installed (Debian: libnvrtc11.2 and libnvrtc-builtins11.8 of non-free)");
        return 0;
    }

    private static string Machine => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";

    /// <summary>The emulated one has no such entry point.</summary>
    private static bool IsReal(nint library) => NativeLibrary.TryGetExport(library, "nvrtcAddNameExpression", out _);

    [GeneratedRegex(@"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")]
    private static partial Regex Frames();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();
}
