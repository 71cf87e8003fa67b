namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>Softmax over a vocabulary in parts.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class VocabularyKernelTests(EmulatorFixture emulator)
{
    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    [InlineData(1000, 400)]
    [InlineData(3001, 1024)]
    public void Parts_GiveTheLogProbabilitiesOfTheWhole(int columns, int part)
    {
        using var gpu = new Gpu(emulator, "vocabulary");
        const int rows = 3, probes = 2;
        var logits = Tables.Values(rows * probes * columns, 1, 6);
        // A large one far from the others, and a row whose maximum comes first.
        logits[columns / 2] = 80;
        logits[columns] = 40;
        int[] targetRows = [2, 0, 1, 0];
        int[] targetTokens = [0, columns - 1, columns / 2, columns / 3];
        var (maxima, sums, picked) = (gpu.Allocate(rows * probes * 4), gpu.Allocate(rows * probes * 4), gpu.Allocate(probes * targetRows.Length * 4));
        for (var first = 0; first < columns; first += part)
        {
            var count = Math.Min(part, columns - first);
            var chunk = Enumerable.Range(0, rows * probes).SelectMany(row => logits.AsSpan((row * columns) + first, count).ToArray()).ToArray();
            var memory = gpu.Upload<float>(chunk);
            gpu.Launch("vocabulary", (rows, probes, 1), Gpu.Threads, memory, rows, count, maxima, sums, first == 0, probes);
            gpu.Launch("pick", (1, 1, 1), Gpu.Threads, memory, rows, count, first, gpu.Upload<int>(targetRows), gpu.Upload<int>(targetTokens), targetRows.Length, picked, probes);
        }

        var (tops, totals, own) = (gpu.Download<float>(maxima, rows * probes), gpu.Download<float>(sums, rows * probes), gpu.Download<float>(picked, probes * targetRows.Length));
        for (var row = 0; row < rows * probes; row++)
        {
            var all = logits.AsSpan(row * columns, columns).ToArray();
            Assert.Equal(all.Max(), tops[row]);
            // In binary64; each float32 exponential is good to 1e-7, and so is their sum in a tree.
            var expected = all.Sum(x => Math.Exp((double)x - all.Max()));
            Assert.InRange(totals[row], expected * (1 - 1e-6), expected * (1 + 1e-6));
        }

        for (var p = 0; p < probes; p++)
        {
            for (var i = 0; i < targetRows.Length; i++) Assert.Equal(logits[(((p * rows) + targetRows[i]) * columns) + targetTokens[i]], own[(p * targetRows.Length) + i]);
        }
    }

    [SkippableFact]
    public void NaN_ShowsInTheSum()
    {
        using var gpu = new Gpu(emulator, "vocabulary");
        foreach (var at in (int[])[0, 1, 7, 299])
        {
            var logits = Tables.Values(300, 1);
            logits[at] = float.NaN;
            var (maxima, sums) = (gpu.Allocate(4), gpu.Allocate(4));
            gpu.Launch("vocabulary", (1, 1, 1), Gpu.Threads, gpu.Upload<float>(logits), 1, 300, maxima, sums, true, 1);
            Assert.True(float.IsNaN(gpu.Download<float>(sums, 1)[0]));
        }
    }
}
