using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DistZO.Devices.Cpu.Simd;

/// <summary>The widths that kernels exist in; all of them give the same bits.</summary>
internal enum SimdTier
{
    /// <summary>The scalar kernels of DistZO.Devices, which are the specification.</summary>
    Scalar,

    /// <summary><see cref="Lanes128"/>: Arm64 NEON, and x64 without AVX2.</summary>
    V128,

    /// <summary><see cref="Lanes256"/>: AVX2 with FMA.</summary>
    V256,

    /// <summary><see cref="Lanes512"/>: AVX-512.</summary>
    V512,
}

/// <summary>Which width this process uses. A kernel's entry point switches on <see cref="Tier"/> once a call.</summary>
internal static class SimdSupport
{
    /// <summary>The widest tier that this processor runs well.</summary>
    public static SimdTier Best { get; } =
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported ? SimdTier.V512
        : Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported ? SimdTier.V256
        : Vector128.IsHardwareAccelerated ? SimdTier.V128
        : SimdTier.Scalar;

    /// <summary>The tier in use. Tests and measurements lower it; raising it above <see cref="Best"/> is refused.</summary>
    public static SimdTier Tier
    {
        get;
        set => field = value <= Best ? value : throw new ArgumentOutOfRangeException(nameof(value), $"This processor's best tier is {Best}.");
    } = FromEnvironment();

    /// <summary><c>DISTZO_SIMD</c> = scalar, v128, v256 or v512 lowers the tier, to measure it or to look for a fault.</summary>
    private static SimdTier FromEnvironment()
    {
        var word = Environment.GetEnvironmentVariable("DISTZO_SIMD");
        if (string.IsNullOrEmpty(word)) return Best;
        if (!Enum.TryParse<SimdTier>(word, ignoreCase: true, out var tier) || !Enum.IsDefined(tier))
            throw new BadInputException($"DISTZO_SIMD: '{word}' is not one of scalar, v128, v256, v512.");
        return tier <= Best ? tier : throw new BadInputException($"DISTZO_SIMD: this processor's best tier is {Best}, not {tier}.");
    }
}
