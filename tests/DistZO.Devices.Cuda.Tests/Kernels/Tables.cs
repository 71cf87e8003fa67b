using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>The small tables that kernels read, as tables.cuh has them, and sample values.</summary>
internal static class Tables
{
    /// <summary>Any value of a format that is finite: half of them of ordinary size, the others any bit pattern, subnormals too.</summary>
    public static byte[] Weights(WeightType type, int count, int seed = 11)
    {
        var random = new Random(seed);
        var bytes = new byte[count * type.Size()];
        random.NextBytes(bytes);
        var floats = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        var halves = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
        for (var i = 0; i < count; i++)
        {
            var ordinary = (float)(random.NextDouble() - 0.5) * 0.2f;
            if (type == WeightType.Float32)
            {
                if (i % 2 == 0) floats[i] = ordinary;
                else if (!float.IsFinite(floats[i])) floats[i] = i % 4 == 1 ? float.MaxValue : float.Epsilon;
                continue;
            }

            var infinity = type == WeightType.BFloat16 ? 0x7F80 : 0x7C00;
            if (i % 2 == 0) halves[i] = type == WeightType.BFloat16 ? WeightFormat.ToBFloat16(ordinary) : WeightFormat.ToFloat16(ordinary);
            else if ((halves[i] & 0x7FFF) >= infinity) halves[i] = (ushort)(i % 4 == 1 ? infinity - 1 : 0x8001);
        }

        return bytes;
    }

    /// <summary>Commits with steps that show against the weights; every third is a skipped one, if there are more than one.</summary>
    public static WeightUpdate[] Updates(int steps, int directions)
    {
        var updates = new WeightUpdate[steps];
        for (var step = 0; step < steps; step++)
        {
            var isSkipped = steps > 1 && step % 3 == 1;
            updates[step] = isSkipped
                ? new WeightUpdate(1f, [])
                : new WeightUpdate(1f - (step / 256f), [.. Enumerable.Range(0, directions).Select(d => new UpdateDirection(Philox.DirectionSeed(42, step, d), 1e-3f * (step + 1) * (d % 2 == 0 ? 1 : -3)))]);
        }

        return updates;
    }

    /// <summary>Updates and directions in device memory.</summary>
    public static (ulong Updates, ulong Directions) Upload(Gpu gpu, WeightUpdate[] updates)
    {
        List<Direction> directions = [];
        List<Update> table = [];
        foreach (var update in updates)
        {
            table.Add(new Update(update.Decay, directions.Count, update.Directions.Length, 0));
            directions.AddRange(update.Directions.Select(direction => new Direction(direction.Seed, direction.Coefficient, 0)));
        }

        return (gpu.Upload<Update>(CollectionsMarshal.AsSpan(table)), gpu.Upload<Direction>(CollectionsMarshal.AsSpan(directions)));
    }

    public static ulong Upload(Gpu gpu, Probe[] probes) => gpu.Upload<ProbeRow>([.. probes.Select(probe => new ProbeRow(probe.Seed, probe.Scale, probe.Perturbed ? 1 : 0))]);

    /// <summary>x in a format: its bytes, and its values as float32.</summary>
    public static (byte[] Bytes, float[] Values) Rounded(ReadOnlySpan<float> x, WeightType type)
    {
        var (bytes, values) = (new byte[x.Length * type.Size()], new float[x.Length]);
        WeightConversion.Convert(MemoryMarshal.AsBytes(x), WeightType.Float32, bytes, type);
        WeightConversion.Convert(bytes, type, MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32);
        return (bytes, values);
    }

    /// <summary>Values that kernels left in a format, as float32.</summary>
    public static float[] Read(Gpu gpu, ulong address, WeightType type, int count)
    {
        var values = new float[count];
        WeightConversion.Convert(gpu.Download<byte>(address, count * type.Size()), type, MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32);
        return values;
    }

    /// <summary>Normally distributed values.</summary>
    public static float[] Values(int count, ulong seed, float scale = 1)
    {
        var values = new float[count];
        Gaussian.Fill(seed, 0, 0, values);
        for (var i = 0; i < count; i++) values[i] *= scale;
        return values;
    }

    public static string Bits(float[] values) => Convert.ToHexString(MemoryMarshal.AsBytes<float>(values));

    /// <summary>Equal within a tolerance that grows with the values.</summary>
    public static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var allowed = tolerance * (1 + MathF.Abs(expected[i]));
            Assert.True(MathF.Abs(expected[i] - found[i]) <= allowed, $"element {i}: expected {expected[i]}, found {found[i]}");
        }
    }

    private readonly record struct Update(float Decay, int First, int Count, int Unused);

    private readonly record struct Direction(ulong Seed, float Coefficient, int Unused);

    private readonly record struct ProbeRow(ulong Seed, float Scale, int Perturbed);
}
