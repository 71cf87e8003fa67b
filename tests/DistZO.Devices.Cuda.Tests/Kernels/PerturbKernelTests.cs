using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>What probes see of a matrix, in any format, of whole matrices and of parts of them.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class PerturbKernelTests(EmulatorFixture emulator)
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
        Probe[] probes = [new(5, 1e-2f), new(5, -1e-2f), Probe.Plain, new(ulong.MaxValue, 100f), new(ulong.MaxValue, 1e-30f)];
        var bytes = Tables.Weights(type, start + ((rows - 1) * stride) + length);
        var memory = gpu.Upload<byte>(bytes);
        var indices = Enumerable.Range(0, rows).SelectMany(r => Enumerable.Range(0, length).Select(c => start + ((long)r * stride) + c)).ToArray();
        // Probes lie apart, and what lies between is nobody's.
        var outStride = indices.Length + 3;
        var untouched = new byte[((outStride * (probes.Length - 1)) + indices.Length) * result.Size()];
        untouched.AsSpan().Fill(0x5A);
        foreach (var trainable in (bool[])[true, false])
        {
            var to = gpu.Upload<byte>(untouched);
            gpu.Launch(
                "perturb", (2, 1, 1), Gpu.Threads, memory, type, Ordinal, trainable, (long)start, rows, length, (long)stride, Tables.Upload(gpu, probes), probes.Length, to, result, (long)outStride);
            var expected = (byte[])untouched.Clone();
            var views = WeightKernelTests.Views(bytes, type, probes, trainable, indices);
            for (var p = 0; p < probes.Length; p++)
            {
                var own = MemoryMarshal.AsBytes(views.AsSpan(p * indices.Length, indices.Length));
                WeightConversion.Convert(own, WeightType.Float32, expected.AsSpan(p * outStride * result.Size(), indices.Length * result.Size()), result);
            }

            Assert.Equal(expected, gpu.Download<byte>(to, expected.Length));
        }
    }
}
