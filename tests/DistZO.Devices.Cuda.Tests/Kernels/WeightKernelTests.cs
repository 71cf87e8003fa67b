namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>Folding, views, lookups and digests have the bits of the scalar specification.</summary>
[Collection(EmulatorCollection.Name)]
public sealed unsafe class WeightKernelTests(EmulatorFixture emulator)
{
    private const uint Ordinal = 7;

    public static TheoryData<WeightType, long, int, int, int> Folds()
    {
        var data = new TheoryData<WeightType, long, int, int, int>();
        foreach (var type in Enum.GetValues<WeightType>())
        {
            foreach (var (start, count) in ((long, int)[])[(0, 1000), (1, 7), (3, 8), (5, 100), (16, 0), (8, 1), (1L << 34, 40), ((1L << 34) - 5, 21)])
            {
                data.Add(type, start, count, 1, 1);
                data.Add(type, start, count, 7, 2);
            }
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Folds))]
    public void Fold_HasTheBitsOfTheSpecification(WeightType type, long start, int count, int steps, int directions)
    {
        using var gpu = new Gpu(emulator, "fold");
        var updates = Tables.Updates(steps, directions);
        var (table, list) = Tables.Upload(gpu, updates);
        // The range lies inside of memory whose other elements stay; at aligned places whole groups of one direction are folded in a way of their own.
        foreach (var (decays, before) in ((bool, int)[])[(false, 2), (true, 2), (false, 8), (true, 8)])
        {
            var bytes = Tables.Weights(type, count + (2 * before));
            var memory = gpu.Upload<byte>(bytes);
            var zero = memory + (ulong)(before * type.Size()) - (ulong)(start * type.Size());
            gpu.Launch("fold", (2, 1, 1), Gpu.Threads, zero, type, Ordinal, decays, start, (long)count, table, updates.Length, list);
            fixed (byte* first = bytes) FoldReference.Apply(first + (before * type.Size()) - (start * type.Size()), type, Ordinal, decays, start, count, updates);
            Assert.Equal(bytes, gpu.Download<byte>(memory, bytes.Length));
        }
    }

    /// <summary>Zeros into which a direction is folded are its z. On a real GPU there are so many that nearly every radius, one of 2²⁴, is among them.</summary>
    [SkippableFact]
    public void Fold_OfZeros_IsZ()
    {
        var (count, parts) = Environment.GetEnvironmentVariable("DISTZO_REQUIRE_CUDA") == "1" ? (1 << 23, 16) : (1 << 16, 2);
        using var gpu = new Gpu(emulator, "fold");
        WeightUpdate[] updates = [new(1f, [new UpdateDirection(0x0123456789ABCDEF, 1f)])];
        var (table, list) = Tables.Upload(gpu, updates);
        var (zeros, z) = (new float[count], new float[count]);
        for (var part = 0; part < parts; part++)
        {
            var memory = gpu.Upload<float>(zeros);
            gpu.Launch("fold", (256, 1, 1), Gpu.Threads, memory - ((ulong)part * (ulong)count * sizeof(float)), WeightType.Float32, Ordinal, false, (long)part * count, (long)count, table, 1, list);
            Gaussian.Fill(updates[0].Directions[0].Seed, Ordinal, (long)part * count, z);
            Assert.True(z.AsSpan().SequenceEqual(gpu.Download<float>(memory, count)));
        }
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32)]
    [InlineData(WeightType.BFloat16)]
    [InlineData(WeightType.Float16)]
    public void Fold_OfAStepBeyondAllNumbers_StopsAtTheLargest(WeightType type)
    {
        using var gpu = new Gpu(emulator, "fold");
        // The second comes back from where the first stopped.
        WeightUpdate[] updates = [new(1f, [new UpdateDirection(3, 3e38f)]), new(1f, [new UpdateDirection(3, -1e38f)])];
        var (table, list) = Tables.Upload(gpu, updates);
        var bytes = Tables.Weights(type, 200);
        var memory = gpu.Upload<byte>(bytes);
        gpu.Launch("fold", (1, 1, 1), Gpu.Threads, memory, type, Ordinal, false, 0L, 200L, table, updates.Length, list);
        fixed (byte* first = bytes) FoldReference.Apply(first, type, Ordinal, false, 0, 200, updates);
        Assert.Equal(bytes, gpu.Download<byte>(memory, bytes.Length));
        Assert.Equal(-1, WeightConversion.FindNonFinite(bytes, type));
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32, 13)]
    [InlineData(WeightType.BFloat16, 13)]
    [InlineData(WeightType.Float16, 13)]
    [InlineData(WeightType.Float32, 8)]
    [InlineData(WeightType.Float16, 64)]
    public void View_FoldsStoresAndShows(WeightType type, int count)
    {
        using var gpu = new Gpu(emulator, "perturb");
        var updates = Tables.Updates(4, 2);
        var (table, list) = Tables.Upload(gpu, updates);
        Probe[] probes = [new(5, 1e-2f), new(5, -1e-2f), Probe.Plain, new(5, 0.5f), new(6, 1e-2f)];
        var bytes = Tables.Weights(type, count);
        var memory = gpu.Upload<byte>(bytes);
        var result = gpu.Allocate(probes.Length * count * sizeof(float));
        gpu.Launch("view", (1, 1, 1), Gpu.Threads, memory, type, Ordinal, false, true, count, table, updates.Length, list, Tables.Upload(gpu, probes), probes.Length, result);
        fixed (byte* first = bytes) FoldReference.Apply(first, type, Ordinal, false, 0, count, updates);
        Assert.Equal(bytes, gpu.Download<byte>(memory, bytes.Length));
        Assert.Equal(Tables.Bits(Views(bytes, type, probes, true, Enumerable.Range(0, count).Select(i => (long)i))), Tables.Bits(gpu.Download<float>(result, probes.Length * count)));
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32, 16, true)]
    [InlineData(WeightType.BFloat16, 24, true)]
    [InlineData(WeightType.Float16, 13, true)]
    [InlineData(WeightType.Float32, 5, false)]
    public void Lookup_ShowsRowsThroughPendingCommits(WeightType type, int columns, bool trainable)
    {
        using var gpu = new Gpu(emulator, "perturb");
        const int rows = 6;
        var updates = trainable ? Tables.Updates(3, 1) : [];
        var (table, list) = Tables.Upload(gpu, updates);
        Probe[] probes = [Probe.Plain, new(9, 1e-2f), new(9, -1e-2f)];
        int[] wanted = [3, 0, 5, 3];
        var bytes = Tables.Weights(type, rows * columns);
        var memory = gpu.Upload<byte>(bytes);
        var stored = (byte[])bytes.Clone();
        fixed (byte* first = bytes) FoldReference.Apply(first, type, Ordinal, true, 0, rows * columns, updates);
        var expected = Views(bytes, type, probes, trainable, wanted.SelectMany(row => Enumerable.Range(0, columns).Select(c => ((long)row * columns) + c)));
        var result = gpu.Allocate(expected.Length * sizeof(float));
        foreach (var accumulate in (bool[])[false, true])
        {
            gpu.Launch(
                "lookup", (1, 1, 1), Gpu.Threads, memory, type, PerturbKernelTests.AsHeld, (long)bytes.Length / type.Size(), Ordinal, true, trainable, columns, gpu.Upload<int>(wanted), wanted.Length, Tables.Upload(gpu, probes), probes.Length,
                table, updates.Length, list, result, WeightType.Float32, accumulate);
            var found = gpu.Download<float>(result, expected.Length);
            Assert.Equal(Tables.Bits(accumulate ? [.. expected.Select(x => x + x)] : expected), Tables.Bits(found));
        }

        Assert.Equal(stored, gpu.Download<byte>(memory, stored.Length));
    }

    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(8, 3)]
    [InlineData(4096, 0)]
    [InlineData(70_003, 1L << 33)]
    public void Digest_IsThatOfTheSpecification(int count, long firstWord)
    {
        using var gpu = new Gpu(emulator, "digest");
        const int blocks = 5;
        var bytes = Tables.Weights(WeightType.Float32, (count / 4) + 2);
        foreach (var offset in (int[])[0, 3])
        {
            var partials = gpu.Allocate(blocks * 16);
            gpu.Launch("digest", (blocks, 1, 1), Gpu.Threads, gpu.Upload<byte>(bytes) + (ulong)offset, (long)count, 200u, firstWord, partials);
            UInt128 sum = 0;
            var halves = gpu.Download<ulong>(partials, 2 * blocks);
            for (var i = 0; i < halves.Length; i += 2) sum += new UInt128(halves[i + 1], halves[i]);
            Assert.Equal(WeightsDigest.Sum(bytes.AsSpan(offset, count), firstWord, 200), sum);
        }
    }

    /// <summary>What each probe sees of stored elements, one probe after the other.</summary>
    internal static float[] Views(byte[] bytes, WeightType type, Probe[] probes, bool trainable, IEnumerable<long> indices)
    {
        var list = indices.ToArray();
        var views = new float[probes.Length * list.Length];
        fixed (byte* theta = bytes)
        {
            for (var p = 0; p < probes.Length; p++)
            {
                for (var i = 0; i < list.Length; i++)
                {
                    var x = WeightFormat.Read(theta, type, list[i]);
                    if (probes[p].Perturbed && trainable) x = MathF.FusedMultiplyAdd(probes[p].Scale, Gaussian.At(probes[p].Seed, Ordinal, list[i]), x);
                    views[(p * list.Length) + i] = x;
                }
            }
        }

        return views;
    }
}
