using System.Diagnostics;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Tests;

/// <summary>
/// The kernels in child processes whose runtime has instruction sets switched off: each asserts that the set is really off, and that
/// the results are the bits of the scalar kernels.
/// </summary>
[Collection(SimdTierCollection.Name)]
public class InstructionSetTests
{
    [SkippableTheory]
    [InlineData("", "", "")]
    [InlineData("EnableAVX512", "avx512", "V256")]
    [InlineData("EnableAVX2", "avx512 avx2 fma", "V128")]
    [InlineData("EnableAVX", "avx512 avx2 fma", "V128")]
    [InlineData("EnableHWIntrinsic", "avx512 avx2 fma sse2", "Scalar")]
    public void Kernels_WithInstructionSetOff_GiveTheScalarBits(string knob, string off, string tier)
    {
        Skip.If(knob == "EnableAVX512" && SimdSupport.Best < SimdTier.V512, "this processor has no AVX-512 to switch off");
        Skip.If(knob.StartsWith("EnableAVX", StringComparison.Ordinal) && SimdSupport.Best < SimdTier.V256, "this processor has no AVX2");
        var child = RunChild(knob);
        foreach (var set in off.Split(' ', StringSplitOptions.RemoveEmptyEntries)) Assert.Equal("False", child[set]);
        Assert.Equal(tier.Length == 0 ? SimdSupport.Best.ToString() : tier, child["tier"]);
        Assert.Equal(ScalarFingerprint(), child["sha256"]);
    }

    private static string ScalarFingerprint()
    {
        using var _ = new TierScope(SimdTier.Scalar);
        return KernelFingerprint.Compute();
    }

    private static Dictionary<string, string> RunChild(string knob)
    {
        var host = Environment.ProcessPath!;
        if (Path.GetFileNameWithoutExtension(host) != "dotnet") host = "dotnet";
        var start = new ProcessStartInfo(host, ["exec", typeof(InstructionSetTests).Assembly.Location, "fingerprint"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("DOTNET_Enable", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment.Remove("DISTZO_SIMD");
        if (knob.Length > 0) start.Environment[$"DOTNET_{knob}"] = "0";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"The child process failed with {process.ExitCode}: {errors.Result}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split('=')).ToDictionary(parts => parts[0], parts => parts[1]);
    }
}
