using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>What probes see of a matrix, in any format, of whole matrices and of parts of them.</summary>
[Collection(EmulatorCollection.Name)]
public sealed unsafe class PerturbKernelTests(EmulatorFixture emulator)
{
    private const uint Ordinal = 7;

    public static TheoryData<WeightType, WeightType, int, int, int, int> Parts()
    {
        var data = new TheoryData<WeightType, WeightType, int, int, int, int>();
        foreach (var type in Enum.GetValues<WeightType>())
        {
            foreach (var result in Enum.GetValues<WeightType>())
            {
                data.Add(type, result, 0, 1, 512, 0);
                data.Add(type, result, 3, 1, 41, 0);
                data.Add(type, result, 16, 8, 16, 32);
                data.Add(type, result, 5, 9, 3, 13);
                data.Add(type, result, 2, 7, 11, 24);
            }
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Parts))]
    public void Perturb_HasTheBitsOfTheSpecification(WeightType type, WeightType result, int start, int rows, int length, int stride)
    {
        using var gpu = new Gpu(emulator, "perturb");
        AssertPerturbed(gpu, type, result, start, rows, length, stride);
    }

    /// <summary>Before compute capability 8.0 there is no instruction for two conversions.</summary>
    [SkippableFact]
    public void Perturb_OnOlderGpus_HasTheBitsOfTheSpecification()
    {
        emulator.Require();
        using var gpu = new Gpu(emulator, "sm_70", ["perturb"]);
        foreach (var type in Enum.GetValues<WeightType>())
        {
            AssertPerturbed(gpu, type, type, 0, 1, 512, 0);
            AssertPerturbed(gpu, type, type, 3, 1, 41, 0);
        }
    }

    private static void AssertPerturbed(Gpu gpu, WeightType type, WeightType result, int start, int rows, int length, int stride)
    {
        Probe[] mixed = [new(5, 1e-2f), new(5, -1e-2f), Probe.Plain, new(ulong.MaxValue, 100f), new(ulong.MaxValue, 1e-30f)];
        var bytes = Tables.Weights(type, start + ((rows - 1) * stride) + length);
        var memory = gpu.Upload<byte>(bytes);
        var indices = Enumerable.Range(0, rows).SelectMany(r => Enumerable.Range(0, length).Select(c => start + ((long)r * stride) + c)).ToArray();
        // Probes lie apart, and what lies between is nobody's. Those of one z at aligned places are seen in a way of their own.
        foreach (var (probes, gap) in ((Probe[], int)[])[(mixed, 3), (mixed[..2], 8), (mixed[3..], 16)])
        {
            var outStride = indices.Length + gap;
            var untouched = new byte[((outStride * (probes.Length - 1)) + indices.Length) * result.Size()];
            untouched.AsSpan().Fill(0x5A);
            foreach (var trainable in (bool[])[true, false])
            {
                var to = gpu.Upload<byte>(untouched);
                gpu.Launch(
                    "perturb", (2, 1, 1), Gpu.Threads, memory, type, AsHeld, 0L, Ordinal, trainable, (long)start, rows, length, (long)stride, Tables.Upload(gpu, probes), probes.Length, to, result,
                    (long)outStride);
                AssertViews(gpu, to, result, WeightKernelTests.Views(bytes, type, probes, trainable, indices), untouched, probes.Length, outStride);
            }
        }
    }

    public static TheoryData<WeightType, TransferType, int, int, int, int, int> RoundedParts()
    {
        var data = new TheoryData<WeightType, TransferType, int, int, int, int, int>();
        foreach (var type in Enum.GetValues<WeightType>())
        {
            foreach (var transfer in Enum.GetValues<TransferType>())
            {
                if (transfer.Size() >= type.Size()) continue;
                data.Add(type, transfer, 512, 0, 1, 512, 0);
                // A last group that is not whole, and parts that begin and end in the middle of one.
                data.Add(type, transfer, 43, 0, 1, 43, 0);
                data.Add(type, transfer, 1000, 35, 1, 200, 0);
                data.Add(type, transfer, 9 * 13, 5, 9, 3, 13);
                data.Add(type, transfer, 8 * 96, 64, 8, 32, 96);
                data.Add(type, transfer, 7 * 25, 2, 7, 11, 25);
            }
        }

        return data;
    }

    /// <summary>Weights that are rounded where they are read, and those that come packed, are the same, and the specification's.</summary>
    [SkippableTheory]
    [MemberData(nameof(RoundedParts))]
    public void Perturb_OfRoundedWeights_HasTheBitsOfTheSpecification(WeightType type, TransferType transfer, int count, int start, int rows, int length, int stride)
    {
        using var gpu = new Gpu(emulator, "perturb");
        Probe[] probes = [new(5, 1e-2f), new(5, -1e-2f), Probe.Plain, new(6, 100f)];
        // Groups of any numbers, of zeros, and of ordinary weights.
        var bytes = Tables.Weights(type, count);
        var ordinary = Tables.Rounded(Tables.Values(count, 3, 0.02f), type).Bytes;
        for (var i = 0; i < bytes.Length; i++)
        {
            var group = i / type.Size() / TransferRounding.Group;
            if (group % 3 > 0) bytes[i] = group % 3 == 1 ? ordinary[i] : (byte)0;
        }

        var values = new float[count];
        WeightConversion.Convert(bytes, type, MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32);
        TransferRounding.Round(values, transfer);
        var indices = Enumerable.Range(0, rows).SelectMany(r => Enumerable.Range(0, length).Select(c => start + ((long)r * stride) + c)).ToArray();
        var packed = new byte[PackedTensor.BytesOf(transfer, count)];
        fixed (byte* theta = bytes, to = packed) PackedTensor.Pack(theta, type, transfer, count, 0, count, to);
        var (packedType, unpacking) = transfer == TransferType.BFloat16 ? (WeightType.BFloat16, AsHeld) : (type, PackedFloat8);
        var rounding = transfer == TransferType.BFloat16 ? ToBFloat16 : ToFloat8;
        foreach (var (memory, held, how) in ((ulong, WeightType, int)[])[(gpu.Upload<byte>(bytes), type, rounding), (gpu.Upload<byte>(packed), packedType, unpacking)])
        {
            foreach (var result in (WeightType[])[WeightType.Float32, type])
            {
                var untouched = new byte[indices.Length * probes.Length * result.Size()];
                var to = gpu.Upload<byte>(untouched);
                gpu.Launch(
                    "perturb", (2, 1, 1), Gpu.Threads, memory, held, how, (long)count, Ordinal, true, (long)start, rows, length, (long)stride, Tables.Upload(gpu, probes), probes.Length, to, result,
                    (long)indices.Length);
                // z is that of the elements, whatever their format.
                var views = WeightKernelTests.Views(MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), WeightType.Float32, probes, true, indices);
                AssertViews(gpu, to, result, views, untouched, probes.Length, indices.Length);
            }
        }
    }

    // As transfer.cuh names them.
    internal const int AsHeld = 0;
    internal const int ToBFloat16 = 1;
    internal const int ToFloat8 = 2;
    internal const int PackedFloat8 = 3;

    private static void AssertViews(Gpu gpu, ulong to, WeightType result, float[] views, byte[] untouched, int probes, int outStride)
    {
        var expected = (byte[])untouched.Clone();
        var length = views.Length / probes;
        for (var p = 0; p < probes; p++)
        {
            var own = MemoryMarshal.AsBytes(views.AsSpan(p * length, length));
            WeightConversion.Convert(own, WeightType.Float32, expected.AsSpan(p * outStride * result.Size(), length * result.Size()), result);
        }

        Assert.Equal(expected, gpu.Download<byte>(to, expected.Length));
    }
}
