using System.Runtime.CompilerServices;
using DistZO.Devices.Cpu.Perturbation;
using DistZO.Devices.Cpu.Simd;

namespace DistZO.Devices.Cpu.Weights;

/// <summary>
/// Weights as their transfer rounds them: the bits of <see cref="TransferRounding"/> and <see cref="PackedTensor"/>, whatever the width.
/// Ranges begin with a group and end with one, or with the tensor; buffers have room for whole groups.
/// </summary>
[SkipLocalsInit]
internal static unsafe class TransferKernel
{
    private const int Group = TransferRounding.Group;
    private const int Chunk = 2048;

    /// <summary>Elements [start, start + count) of a tensor that is held as it is, rounded: y[0] is element start.</summary>
    public static void Round(void* theta, WeightType held, TransferType type, long start, int count, float* y)
    {
        PerturbKernel.Plain(theta, held, start, count, y);
        var whole = FillUp(y, count);
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: TransferLoop<Lanes512>.Round(type, y, whole); break;
            case SimdTier.V256: TransferLoop<Lanes256>.Round(type, y, whole); break;
            case SimdTier.V128: TransferLoop<Lanes128>.Round(type, y, whole); break;
            default: TransferRounding.Round(new Span<float>(y, count), type); break;
        }
    }

    /// <summary>As <see cref="PackedTensor.Pack"/>.</summary>
    public static void Pack(void* theta, WeightType held, TransferType type, long length, long start, int count, byte* packed)
    {
        if (SimdSupport.Tier == SimdTier.Scalar)
        {
            PackedTensor.Pack(theta, held, type, length, start, count, packed);
            return;
        }

        var buffer = stackalloc float[Chunk];
        for (var at = start; at < start + count; at += Chunk)
        {
            var piece = (int)Math.Min(Chunk, start + count - at);
            if (type == TransferType.BFloat16) PackBFloat16(theta, held, at, piece, (ushort*)packed + at, buffer);
            else PackFloat8(theta, held, at, piece, packed + at, packed + PackedTensor.ScalesAt(length) + (at / Group), buffer);
        }
    }

    /// <summary>Elements of a packed tensor: y[0] is element start.</summary>
    public static void Unpack(byte* packed, TransferType type, long length, long start, int count, float* y)
    {
        if (type == TransferType.BFloat16)
        {
            PerturbKernel.Plain(packed, WeightType.BFloat16, start, count, y);
            return;
        }

        // The scales of a tensor begin at a multiple of 64 codes, so a whole group of codes is always there.
        var whole = Whole(count);
        byte* codes = packed + start, scales = packed + PackedTensor.ScalesAt(length) + (start / Group);
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: TransferLoop<Lanes512>.UnpackFloat8(codes, scales, whole, y); break;
            case SimdTier.V256: TransferLoop<Lanes256>.UnpackFloat8(codes, scales, whole, y); break;
            case SimdTier.V128: TransferLoop<Lanes128>.UnpackFloat8(codes, scales, whole, y); break;
            default:
                for (var i = 0; i < count; i++) y[i] = PackedTensor.Read(packed, type, length, start + i);
                break;
        }
    }

    private static void PackBFloat16(void* theta, WeightType held, long start, int count, ushort* to, float* buffer)
    {
        Round(theta, held, TransferType.BFloat16, start, count, buffer);
        for (var i = 0; i < count; i++) to[i] = (ushort)(Unsafe.BitCast<float, uint>(buffer[i]) >> 16);
    }

    private static void PackFloat8(void* theta, WeightType held, long start, int count, byte* codes, byte* scales, float* buffer)
    {
        PerturbKernel.Plain(theta, held, start, count, buffer);
        var whole = FillUp(buffer, count);
        switch (SimdSupport.Tier)
        {
            case SimdTier.V512: TransferLoop<Lanes512>.PackFloat8(buffer, whole, codes, scales); break;
            case SimdTier.V256: TransferLoop<Lanes256>.PackFloat8(buffer, whole, codes, scales); break;
            default: TransferLoop<Lanes128>.PackFloat8(buffer, whole, codes, scales); break;
        }
    }

    private static int Whole(int count) => (count + Group - 1) & -Group;

    /// <summary>What is missing of the last group is zero, which never is the largest.</summary>
    private static int FillUp(float* x, int count)
    {
        var whole = Whole(count);
        new Span<float>(x + count, whole - count).Clear();
        return whole;
    }
}
