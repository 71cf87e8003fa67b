using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DistZO.Devices.Cpu.Simd;

/// <summary>
/// The 128-bit operations that <see cref="Vector128"/> lacks, or defines more slowly than is needed here: NEON, SSE2, or plain.
/// </summary>
internal static class Width128
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyEven(Vector128<float> a, Vector128<float> b)
    {
        if (Sse2.IsSupported) return Sse2.Multiply(a.AsUInt32(), b.AsUInt32()).AsSingle();
        if (AdvSimd.IsSupported)
        {
            return AdvSimd.MultiplyWideningLower(
                AdvSimd.ExtractNarrowingLower(a.AsUInt64()),
                AdvSimd.ExtractNarrowingLower(b.AsUInt64())).AsSingle();
        }

        var low = Vector128.Create(0xFFFFFFFFUL);
        return ((a.AsUInt64() & low) * (b.AsUInt64() & low)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToIntTruncated(Vector128<float> x)
    {
        if (Sse2.IsSupported) return Sse2.ConvertToVector128Int32WithTruncation(x).AsSingle();
        if (AdvSimd.IsSupported) return AdvSimd.ConvertToInt32RoundToZero(x).AsSingle();
        return Vector128.ConvertToInt32(x).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToIntNearest(Vector128<float> x)
    {
        if (Sse2.IsSupported) return Sse2.ConvertToVector128Int32(x).AsSingle();
        if (AdvSimd.IsSupported) return AdvSimd.ConvertToInt32RoundToEven(x).AsSingle();
        return Vector128.ConvertToInt32(Vector128.Round(x)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> InterleaveLow(Vector128<float> even, Vector128<float> odd)
    {
        if (Sse.IsSupported) return Sse.UnpackLow(even, odd);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipLow(even, odd);
        return Vector128.Create(even[0], odd[0], even[1], odd[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> InterleaveHigh(Vector128<float> even, Vector128<float> odd)
    {
        if (Sse.IsSupported) return Sse.UnpackHigh(even, odd);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipHigh(even, odd);
        return Vector128.Create(even[2], odd[2], even[3], odd[3]);
    }
}
